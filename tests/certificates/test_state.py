"""Nothing that a request leaves behind in this process can reach the next one: read from the source of the service.

Two people who share a variable of a module, a cached value or the name of a temporary file get each other's documents.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "certificates").rglob("*.py"))

MUTABLE = {"dict", "list", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
CHANGING = {
    "append", "appendleft", "add", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove",
    "setdefault", "update",
}  # fmt: skip
# What may be remembered between requests, and why it is nobody's: by what it is asked for.
REMEMBERED = {
    "certificates/sealing/rules.py:_trusted": "the seal certificate in a header",
    "certificates/sealing/rules.py:thumbprint_of": "a seal certificate",
    "certificates/sealing/rules.py:revocations_in": "the root's list of revoked certificates",
    "certificates/sealing/rules.py:number_of_crl": "the root's list of revoked certificates",
    "certificates/sealing/hsm.py:_turn": "the path of a module",
}
# Who writes files at all: keys, when they are made.
WRITERS = {"certificates/sealing/directory.py", "certificates/sealing/keys.py"}

PLANTED = {
    "a dictionary of the module that is filled": "_SEEN = {}\ndef f(a):\n    _SEEN[a] = 1\n",
    "a list of the module that grows": "made: list[int] = list()\ndef f(a):\n    made.append(a)\n",
    "a variable of the module that is set": "last = None\ndef f(a):\n    global last\n    last = a\n",
    "an attribute of a class that is shared": "class A:\n    held = {}\n    def f(self, a):\n        A.held[a] = 1\n",
    "a result that is remembered": "from functools import lru_cache\n@lru_cache\ndef f(holder):\n    return holder\n",
    "a remembered result by another name": "import functools\n@functools.cache\ndef f(holder):\n    return holder\n",
    "a temporary file whose name is known": "from pathlib import Path\nP = Path('/tmp/certificate.pdf')\n",
    "a temporary name that nobody holds": "import tempfile\ndef f():\n    return tempfile.mktemp()\n",
    "a file that is written": "def f(path, a):\n    path.write_bytes(a)\n",
}


def shared_state(tree: ast.Module, where: str) -> Iterator[str]:
    """What of a module one request could leave for another."""
    yield from (f"{where}: {name} is changed" for name in _changed(tree) & _mutable(tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"{where}: global {', '.join(node.names)}"
        if isinstance(node, ast.ClassDef):
            yield from (
                f"{where}: {name} is shared by all {node.name}" for name in _mutable(node.body) & _changed(node)
            )
        if _is_remembered(node) and f"{where}:{node.name}" not in REMEMBERED:
            yield f"{where}: {node.name} is remembered"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/tmp"):  # noqa: S108
            yield f"{where}: a name under the temporary directory"
        if isinstance(node, ast.Attribute) and _writes(node) and where not in WRITERS:
            yield f"{where}: {node.attr}"


def _mutable(body: list[ast.stmt]) -> set[str]:
    """Names that the statements of a module or class bind to something that can change."""
    found = set()
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value and _can_change(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _can_change(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).split(".")[-1].split("[")[0] in MUTABLE
    return isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)


def _changed(tree: ast.AST) -> set[str]:
    """Names, or attributes of `self` and `cls`, whose content is changed anywhere below."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(_name(node.value))
        if isinstance(node, ast.AugAssign):
            found.add(_name(node.target))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            found.add(_name(node.func.value))
    return {name for name in found if name}


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _is_remembered(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_remembers, node.decorator_list))


def _remembers(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(named).split(".")[-1] in {"cache", "lru_cache"}


def _writes(node: ast.Attribute) -> bool:
    return node.attr in {"write_bytes", "write_text", "mktemp", "gettempdir", "NamedTemporaryFile"}


def test_nothing_of_a_request_stays_in_the_process() -> None:
    found = [
        fault
        for path in SOURCES
        for fault in shared_state(ast.parse(path.read_text("utf-8")), str(path.relative_to(ROOT)))
    ]
    assert found == []


def test_what_is_remembered_is_still_there() -> None:
    names = {
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if _is_remembered(node)
    }
    assert names == set(REMEMBERED)


@pytest.mark.parametrize("planted", PLANTED)
def test_each_way_of_sharing_is_found(planted: str) -> None:
    assert len([*shared_state(ast.parse(PLANTED[planted]), "certificates/planted.py")]) >= 1

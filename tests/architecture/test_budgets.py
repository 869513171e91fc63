"""Small by budget, not by hope: files, functions, endpoints."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("gateway", "identity", "licensing", "certificates", "records")
PACKAGES = (*SERVICES, "shared", "deploy", "tests")

FILE_LINES = 400
FUNCTION_LINES = 60
ENDPOINT_LINES = 10

Function = ast.FunctionDef | ast.AsyncFunctionDef
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _body_lines(function: Function) -> int:
    """Lines as they would be if the formatter broke none, so that a long name costs nothing."""
    documented = ast.get_docstring(function) is not None
    statements = function.body[1:] if documented else function.body
    return sum(len(ast.unparse(statement).splitlines()) for statement in statements)


def _is_endpoint(function: Function) -> bool:
    return any(isinstance(mark, ast.Call) and _serves(mark.func) for mark in function.decorator_list)


def _serves(mark: ast.expr) -> bool:
    methods = {"get", "post", "put", "patch", "delete"}
    return isinstance(mark, ast.Attribute) and mark.attr in methods and ast.unparse(mark.value).endswith("router")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("limit", [FILE_LINES])
def test_no_file_is_longer_than_a_reader_can_hold(limit: int) -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > limit} == {}


@pytest.mark.parametrize("limit", [FUNCTION_LINES])
def test_no_function_is_longer_than_a_screen(limit: int) -> None:
    lengths = {
        f"{_name(path)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in SOURCES
        for function in _functions(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > limit} == {}


def test_an_endpoint_parses_calls_and_returns_and_no_more() -> None:
    lengths = {
        f"{_name(path)}:{function.name}": _body_lines(function)
        for path in SOURCES
        if path.parts[-1] == "api.py" or "api" in path.parts
        for function in _functions(path)
        if _is_endpoint(function)
    }
    assert {name: lines for name, lines in lengths.items() if lines > ENDPOINT_LINES} == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty = {"utils.py", "helpers.py", "common.py", "base.py", "manager.py", "misc.py"}
    assert [_name(path) for path in SOURCES if path.name in empty] == []


def test_no_comment_switches_a_check_off_without_naming_it() -> None:
    # Put together from parts, so that this file does not find itself.
    bare = ("# " + "noqa\n", "# type" + ": ignore\n")
    assert [_name(path) for path in SOURCES if any(mark in path.read_text("utf-8") for mark in bare)] == []

"""Nothing on the way of a request takes a thread: FastAPI runs every dependency and endpoint that is not async in one.

A thread per request cost licensing a good part of its time before this was looked at.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("gateway", "identity", "licensing", "certificates", "records", "shared")
METHODS = {"get", "post", "put", "patch", "delete"}


def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text()) for service in SERVICES for path in (ROOT / service).rglob("*.py")]


def test_every_dependency_is_async() -> None:
    found = trees()
    blocking = {node.name: tree for tree in found for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for tree in found:
        here = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Depends" and node.args:
                name = getattr(node.args[0], "id", "")
                assert name in here or name not in blocking, name


def test_every_endpoint_is_async() -> None:
    blocking = [
        node.name
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") in METHODS
    ]
    assert blocking == []

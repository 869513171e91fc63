"""From a request line to a route. One spelling per path: any other is not found, so none can slip past a check."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.routing.model import Route

PARAMETERS = {
    "{id}": re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "{number}": re.compile(rb"0|[1-9][0-9]{0,5}"),
    "{year}": re.compile(rb"[12][0-9]{3}"),
    "{type}": re.compile(rb"[a-z][a-z-]*\.[a-z][a-z-]*\.v[1-9][0-9]*"),
    "{kid}": re.compile(rb"[A-Za-z0-9_-]{1,64}"),
    "{code}": re.compile(rb"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"),
}
MAX_PATH_BYTES = 512


@dataclass(slots=True)
class _Node:
    literals: dict[bytes, "_Node"] = field(default_factory=dict)
    parameters: list[tuple[re.Pattern[bytes], "_Node"]] = field(default_factory=list)
    methods: dict[str, Route] = field(default_factory=dict)


class RoutingTable:
    """The routes, arranged for looking up."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def find(self, raw_path: bytes) -> dict[str, Route]:
        """The routes at this path by method; empty where nothing is. `raw_path` as it came, before any decoding.

        Escapes (%2e), empty segments, dot segments, parameters (;x), upper case and a trailing slash name nothing.
        """
        if len(raw_path) > MAX_PATH_BYTES or raw_path[:1] != b"/":
            return {}
        return _find(self._root, raw_path[1:].split(b"/"))

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path[1:].split("/"):
            node = _child(node, segment)
        if route.method in node.methods:
            raise ValueError(f"{route.method} {route.path} is in the table twice")
        node.methods[route.method] = route


def _child(node: _Node, segment: str) -> _Node:
    pattern = PARAMETERS.get(segment)
    if pattern is None:
        return node.literals.setdefault(segment.encode(), _Node())
    for known, child in node.parameters:
        if known is pattern:
            return child
    child = _Node()
    node.parameters.append((pattern, child))
    return child


def _find(node: _Node, segments: list[bytes]) -> dict[str, Route]:
    for segment in segments:
        literal = node.literals.get(segment)
        if literal is None:
            literal = next((child for pattern, child in node.parameters if pattern.fullmatch(segment)), None)
        if literal is None:
            return {}
        node = literal
    return node.methods

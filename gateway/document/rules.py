"""Several services' OpenAPI documents to one. Pure: which paths are public is the routing table's to say."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.document.own import OWN
from gateway.routing.model import Answer, Route

Document = dict[str, Any]

SCHEMAS = "#/components/schemas/"
# Added by the door itself, so not for clients to send.
NOT_SENT_BY_CLIENTS = "representations"
# What the door answers where it asks several services: one service's document does not know it.
UNAVAILABLE = {"type": "array", "items": {"type": "string"}, "description": "Services that do not answer now."}
HEADS_OF_ALL = {
    "title": "HeadsOfAll",
    "type": "object",
    "required": ["services", "unavailable"],
    "properties": {
        "services": {"type": "array", "items": {"$ref": f"{SCHEMAS}FeedHeads"}},
        "unavailable": UNAVAILABLE,
        "next": {
            "type": "string",
            "description": "`after` for what comes behind these heads; left out while a service is unavailable.",
        },
    },
}
_PARAMETER = re.compile(r"\{[^}]*\}")


def merge_documents(documents: Mapping[str, Document], routes: Iterable[Route], *, server: str) -> Document:
    """One document with the public operations of all; services without a document are named in `x-missing`.

    Operation ids stay unique, and schemas of one name and different content are told apart by their service.
    """
    merged = _Merger()
    missing: set[str] = set()
    for route in routes:
        if not route.services:
            merged.add(route, "gateway", OWN)
        for service in route.services:
            if service not in documents:
                missing.add(service)
            elif merged.add(route, service, documents[service]):
                break
    return {
        "openapi": "3.1.0",
        "info": {"title": "OneVisit", "version": "1", "description": _description(missing)},
        "servers": [{"url": server}],
        "paths": merged.paths,
        "components": {"schemas": dict(sorted(merged.schemas.items())), "securitySchemes": merged.security},
        **({"x-missing": sorted(missing)} if missing else {}),
    }


def _description(missing: set[str]) -> str:
    text = "Once-only government services: one identification, one application, sealed certificates."
    if missing:
        text += f" The operations of {', '.join(sorted(missing))} are left out: it does not answer now."
    return text


def shape_of(path: str) -> str:
    """A path template without the names of its parameters: services name them as they like."""
    return _PARAMETER.sub("{}", path)


class _Merger:
    def __init__(self) -> None:
        self.paths: dict[str, dict[str, Any]] = {}
        self.schemas: dict[str, Any] = {}
        self.security: dict[str, Any] = {}
        self._operation_ids: set[str] = set()
        # By service: what each of its schemas is called here. And what stands under each name, as its owner says it.
        self._names: dict[str, dict[str, str]] = {}
        self._as_said: dict[str, Any] = {}

    def add(self, route: Route, service: str, document: Document) -> bool:
        """Take over one operation; False where the service does not have it."""
        shape = shape_of(route.path)
        path = next((path for path in document["paths"] if shape_of(path) == shape), None)
        operation = document["paths"].get(path, {}).get(route.method.lower()) if path else None
        if path is None or operation is None:
            return False
        operation = _rename(operation, self._take_schemas(operation, service, document))
        operation["operationId"] = self._unique(operation.get("operationId", shape), service)
        operation.setdefault("tags", [service])
        self.paths.setdefault(path, {})[route.method.lower()] = operation
        self.security.update(document.get("components", {}).get("securitySchemes", {}))
        match route.answer:
            case Answer.ONE_IDENTIFICATION:
                self._hide_statement(operation)
            case Answer.EVENT_HEADS:
                operation["responses"]["200"]["content"]["application/json"]["schema"] = HEADS_OF_ALL
            case Answer.EVENTS:
                self.schemas["EventPage"]["properties"]["unavailable"] = UNAVAILABLE
        return True

    def _take_schemas(self, operation: Any, service: str, document: Document) -> dict[str, str]:
        own = document.get("components", {}).get("schemas", {})
        names = self._names.setdefault(service, {})
        new = [name for name in _reached(operation, own) if name not in names]
        told_apart = self._told_apart(new, own, names)
        names.update({name: f"{service.capitalize()}{name}" if name in told_apart else name for name in new})
        for name in new:
            self._as_said[names[name]] = own[name]
            self.schemas[names[name]] = _rename(own[name], names)
        return names

    def _told_apart(self, new: list[str], own: Mapping[str, Any], names: Mapping[str, str]) -> set[str]:
        """Of the new schemas those whose name stands for something else here, or for the same about something else."""
        taken = [name for name in new if name in self._as_said]
        apart = {name for name in taken if self._as_said[name] != own[name]}
        apart |= {name for name, called in names.items() if name != called}
        while more := {name for name in taken if name not in apart and apart & set(_references(own[name]))}:
            apart |= more
        return apart

    def _unique(self, operation_id: str, service: str) -> str:
        unique = operation_id if operation_id not in self._operation_ids else f"{service}_{operation_id}"
        self._operation_ids.add(unique)
        return unique

    def _hide_statement(self, operation: Mapping[str, Any]) -> None:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").removeprefix(SCHEMAS)
        schema = self.schemas.get(name)
        if schema is None:
            return
        properties = {k: v for k, v in schema.get("properties", {}).items() if k != NOT_SENT_BY_CLIENTS}
        required = [k for k in schema.get("required", []) if k != NOT_SENT_BY_CLIENTS]
        self.schemas[name] = {**schema, "properties": properties, "required": required}


def _references(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            yield reference.removeprefix(SCHEMAS)
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _reached(operation: Any, schemas: Mapping[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    todo = list(_references(operation))
    while todo:
        name = todo.pop()
        if name not in found and name in schemas:
            found[name] = None
            todo.extend(_references(schemas[name]))
    return sorted(found)


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        reference = value.get("$ref")
        renamed = {key: _rename(part, names) for key, part in value.items()}
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            name = reference.removeprefix(SCHEMAS)
            renamed["$ref"] = SCHEMAS + names.get(name, name)
        return renamed
    return [_rename(part, names) for part in value] if isinstance(value, list) else value

"""What the gateway answers itself, as OpenAPI says it: no service's document has it."""

from typing import Any

_TEXT = {"type": "string"}
_EVENT_TYPE = {
    "title": "EventTypeSummary",
    "type": "object",
    "required": ["type", "title", "description", "topic", "hearers", "dataschema", "schema"],
    "properties": {
        "type": _TEXT,
        "title": {"type": "object", "required": ["zh", "en"], "properties": {"zh": _TEXT, "en": _TEXT}},
        "description": _TEXT,
        "topic": {**_TEXT, "description": "Its topic, with what varies in braces."},
        "hearers": {**_TEXT, "description": "Who may hear it."},
        "dataschema": {**_TEXT, "description": "What the schema is called, here and in every event."},
        "schema": {**_TEXT, "description": "Where the schema is."},
    },
}
_PAGE = {
    "title": "EventTypeList",
    "type": "object",
    "required": ["items", "next"],
    "properties": {"items": {"type": "array", "items": _EVENT_TYPE}, "next": {"type": "null"}},
}
_NAME = {"name": "type", "in": "path", "required": True, "schema": _TEXT}


def _read(name: str, summary: str, answer: Any, *, media: str = "application/json") -> dict[str, Any]:
    said = {"200": {"description": "Successful Response", "content": {media: {"schema": answer}}}}
    unchanged = {"304": {"description": "As `If-None-Match` knows it"}}
    return {"get": {"tags": ["events"], "operationId": name, "summary": summary, "responses": said | unchanged}}


_SCHEMA = _read("get_event_schema", "The JSON Schema of an event's data", {}, media="application/schema+json")
OWN: dict[str, Any] = {
    "paths": {
        "/v1/event-types": _read("list_event_types", "The events that departments can hear", _PAGE),
        "/v1/event-types/{type}/schema": {"get": {**_SCHEMA["get"], "parameters": [_NAME]}},
        "/asyncapi.json": _read("get_asyncapi", "The AsyncAPI 3 document of all events", {"type": "object"}),
    }
}

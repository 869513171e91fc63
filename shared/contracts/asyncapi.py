"""The AsyncAPI 3 document of all events that a department can hear, made from their contracts. Pure.

It describes the platform, which sends; whoever reads the events does the opposite of its operations.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.contracts.event_types import (
    KINDS,
    TOPIC_PARAMETERS,
    EventType,
    as_read,
    envelope_schema,
    hearers_of,
    public_event_types,
)
from shared.messaging.envelope import CONTENT_TYPE

# As they are made for every subscription.
CONSUMER = {
    "name": "<department>_<subscription>",
    "durable": True,
    "pull": True,
    "ackPolicy": "explicit",
    "ackWaitSeconds": 30,
    "maxDeliver": -1,
    "deliverPolicy": "all",
}
INFO = """Certificates issued, records filed, cases decided: every event that departments reuse instead of asking again.

Each event comes at least once, in order per entity. `sequence` counts the events of a topic without a gap, so that a
reader can prove that it missed none; `GET /v1/events` has every event for ever, `GET /v1/events/heads` says how many
there are. A reader ignores fields that it does not know: events change only by adding, else they get a new version.
"""
ACCESS = """A department connects with its access token (`POST /oauth/token`) as the NATS token, and with
`_INBOX_<department>` as its inbox prefix. It pulls from its own consumers and acknowledges what it pulled; it can
neither subscribe to topics nor publish. `POST /v1/subscriptions` makes a consumer and says where this server is.
"""


def asyncapi_document() -> dict[str, Any]:
    """The document; the same bytes for the same contracts."""
    found = public_event_types()
    by_channel: dict[str, list[EventType]] = defaultdict(list)
    for each in found.values():
        by_channel[f"{each.contract.entity}.{each.contract.event}"].append(each)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:onevisit:events",
        "info": {
            "title": "OneVisit events",
            "version": "1",
            "description": INFO,
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": entity} for entity in sorted({each.contract.entity for each in found.values()})],
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"nats": _server()},
        "channels": {name: _channel(types) for name, types in by_channel.items()},
        "operations": {_operation_id(name): _operation(name, types) for name, types in by_channel.items()},
        "components": {
            "messages": {name: _message(each) for name, each in found.items()},
            "schemas": _schemas(found),
            "securitySchemes": {"token": {"type": "apiKey", "in": "password", "description": ACCESS}},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "nats",
        "protocolVersion": "2.12",
        "title": "NATS JetStream",
        "description": ACCESS,
        "variables": {
            "host": {"default": "localhost", "description": "As `nats.url` of a subscription says."},
            "port": {"default": "4222"},
        },
        "security": [{"$ref": "#/components/securitySchemes/token"}],
        "x-jetstream": {"stream": "EVT", "consumer": CONSUMER},
    }


def _channel(types: list[EventType]) -> dict[str, Any]:
    topic = types[0].topic
    entity = types[0].contract.entity
    parameters = {name: schema for name, schema in TOPIC_PARAMETERS.items() if f"{{{name}}}" in topic}
    if "kind" in parameters:
        parameters["kind"] = {"description": f"A code: {KINDS[entity]}."}
    return {
        "address": topic,
        "title": types[-1].title.en,
        "description": f"May be heard by: {hearers_of(types[0].contract)}.",
        "parameters": parameters,
        "servers": [{"$ref": "#/servers/nats"}],
        "messages": {each.name: {"$ref": f"#/components/messages/{each.name}"} for each in types},
        "tags": [{"name": entity}],
    }


def _operation_id(channel: str) -> str:
    return "send" + channel.replace(".", "-").title().replace("-", "")


def _operation(channel: str, types: list[EventType]) -> dict[str, Any]:
    return {
        "action": "send",
        "title": types[-1].title.en,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{each.name}"} for each in types],
        "tags": [{"name": types[0].contract.entity}],
    }


def _message(each: EventType) -> dict[str, Any]:
    own = {
        "type": {"const": each.name},
        "dataschema": {"const": each.urn},
        "data": {"$ref": f"#/components/schemas/{each.contract.__name__}"},
    }
    return {
        "name": each.name,
        "title": each.title.en,
        "x-title-zh": each.title.zh,
        **({"summary": each.description} if each.description else {}),
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [{"$ref": "#/components/schemas/Envelope"}, {"type": "object", "properties": own}]},
        "tags": [{"name": each.contract.entity}],
    }


def _schemas(found: Mapping[str, EventType]) -> dict[str, Any]:
    models = [(each.contract, "validation") for each in found.values()]
    _, made = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return {"Envelope": envelope_schema(), **{name: as_read(schema) for name, schema in made["$defs"].items()}}

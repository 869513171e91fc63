"""`/v1/event-types`, the schema of each, and `/asyncapi.json`: made of the contracts once."""

from functools import cache
from typing import Any

import orjson

from gateway.document.rendered import Rendered
from gateway.edge.model import Exchange
from shared.contracts.asyncapi import asyncapi_document
from shared.contracts.event_types import EventType, hearers_of, public_event_types
from shared.errors import NotFound

SCHEMA_MEDIA = "application/schema+json"


async def event_types(exchange: Exchange) -> None:
    """The list of all event types that a department can hear."""
    await _list().answer(exchange)


async def event_schema(exchange: Exchange) -> None:
    """The JSON Schema of one of them. Refuses any other type with `NotFound`."""
    name = exchange.target.partition(b"?")[0].split(b"/")[3].decode()
    if name not in public_event_types():
        raise NotFound
    await _schema(name).answer(exchange, media=SCHEMA_MEDIA)


async def asyncapi(exchange: Exchange) -> None:
    """What `docs/asyncapi.json` says."""
    await _asyncapi().answer(exchange)


@cache
def _list() -> Rendered:
    return Rendered.of(orjson.dumps({"items": [_item(each) for each in public_event_types().values()], "next": None}))


@cache
def _schema(name: str) -> Rendered:
    return Rendered.of(orjson.dumps(public_event_types()[name].schema()))


@cache
def _asyncapi() -> Rendered:
    return Rendered.of(orjson.dumps(asyncapi_document()))


def _item(each: EventType) -> dict[str, Any]:
    return {
        "type": each.name,
        "title": each.title.model_dump(),
        "description": each.description,
        "topic": each.topic,
        "hearers": hearers_of(each.contract),
        "dataschema": each.urn,
        "schema": f"/v1/event-types/{each.name}/schema",
    }

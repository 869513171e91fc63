"""`/v1/event-types`, the schema of each, and `/asyncapi.json`: made of the contracts once."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import orjson

from gateway.edge.model import Exchange
from shared.contracts.asyncapi import asyncapi_document
from shared.contracts.event_types import EventType, hearers_of, public_event_types
from shared.errors import NotFound

CACHEABLE = (b"cache-control", b"public, max-age=60")
SCHEMA_MEDIA = "application/schema+json"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as it is sent."""

    body: bytes
    etag: bytes

    @classmethod
    def of(cls, document: Any) -> "Rendered":
        """The document, with a tag of what it holds."""
        body = orjson.dumps(document)
        return cls(body, b'"' + sha256(body).hexdigest()[:32].encode() + b'"')


async def event_types(exchange: Exchange) -> None:
    """The list of all event types that a department can hear."""
    await _answer(exchange, _list())


async def event_schema(exchange: Exchange) -> None:
    """The JSON Schema of one of them. Refuses any other type with `NotFound`."""
    name = exchange.target.partition(b"?")[0].split(b"/")[3].decode()
    if name not in public_event_types():
        raise NotFound
    await _answer(exchange, _schema(name), media=SCHEMA_MEDIA)


async def asyncapi(exchange: Exchange) -> None:
    """What `docs/asyncapi.json` says."""
    await _answer(exchange, _asyncapi())


async def _answer(exchange: Exchange, document: Rendered, *, media: str = "application/json") -> None:
    headers = [CACHEABLE, (b"etag", document.etag)]
    asked = exchange.head.known.get(b"if-none-match", b"").split(b",")
    if any(tag.strip().removeprefix(b"W/") in (document.etag, b"*") for tag in asked):
        await exchange.begin(304, headers)
        await exchange.write(b"")
    else:
        await exchange.answer(200, document.body, media=media, headers=headers)


@cache
def _list() -> Rendered:
    return Rendered.of({"items": [_item(each) for each in public_event_types().values()], "next": None})


@cache
def _schema(name: str) -> Rendered:
    return Rendered.of(public_event_types()[name].schema())


@cache
def _asyncapi() -> Rendered:
    return Rendered.of(asyncapi_document())


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

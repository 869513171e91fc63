"""GET /v1/events and /v1/events/heads of one service. Deny by default: its policy says who may read which topics."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from shared.auth import Caller, requires
from shared.database import Database, database_of
from shared.messaging.bell import Bell
from shared.messaging.cursor import CursorKey
from shared.messaging.errors import TopicNotAllowed, TopicNotValid
from shared.messaging.feed import FeedPage, Heads, list_events, list_heads
from shared.messaging.publishing import envelope_of
from shared.messaging.topics import FilterNotValid, Reach, check_filter
from shared.schemas import Strict

MAX_FILTERS = 32
POLL_SECONDS = 1.0

# What this caller may read, of the events of all services; nothing by default.
Policy = Callable[[Caller], Awaitable[Reach]]
# Our own services hear everything.
EVERYTHING = Reach(["evt.>", "int.>", "to.>"])


class TopicHead(Strict):
    """`sequence` counts the topic's events; `hash` is the running hash over all of them."""

    topic: str
    sequence: str
    position: str
    hash: str


class FeedHeads(Strict):
    """Heads of one service; `pending` events are recorded and not yet numbered."""

    service: str
    as_of: datetime
    position: str
    pending: int
    topics: list[TopicHead]


class CloudEvent(Strict):
    """CloudEvents 1.0. `position` counts the source's events, `sequence` the topic's: decimal strings, no gaps."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"]
    dataschema: str
    traceparent: str | None = None
    topic: str
    position: str
    sequence: str
    entityversion: str
    data: dict[str, Any]


class EventPage(Strict):
    """`next` is always there: it is where to go on, also when nothing has happened since."""

    items: list[CloudEvent]
    next: str


class Feed(Protocol):
    """What the routes need of the service: `app.state.service.messaging`."""

    bell: Bell
    cursor_key: CursorKey


Topics = Annotated[list[str], Query(alias="topic", min_length=1, max_length=MAX_FILTERS, description="NATS filters.")]
FeedAfter = Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")]
FeedLimit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Wait = Annotated[int, Query(ge=0, le=25, description="Seconds to wait for the first event.")]


def feed_router(service: str, policy: Policy) -> APIRouter:
    """The two routes, for departments and for our own services."""
    router = APIRouter(tags=["events"])

    @router.get("/v1/events", response_model=EventPage)
    async def list_events_after(
        request: Request,
        caller: Annotated[Caller, requires("events")],
        topic: Topics,
        after: FeedAfter = None,
        limit: FeedLimit = 100,
        wait: Wait = 0,
    ) -> Response:
        """Events on these topics after a cursor, oldest first; from the beginning without one."""
        await _check(caller, topic, policy)
        feed: Feed = request.app.state.service.messaging
        positions = feed.cursor_key.read(after, filters=topic)
        page = await _read(database_of(request), feed, topic, after=positions.get(service, 0), limit=limit, wait=wait)
        cursor = feed.cursor_key.sign({**positions, service: page.through}, filters=topic)
        return Response(_page_json(page, service=service, cursor=cursor), media_type="application/json")

    @router.get("/v1/events/heads")
    async def get_event_heads(
        request: Request, caller: Annotated[Caller, requires("events")], topic: Topics
    ) -> FeedHeads:
        """Last sequence and running hash of each topic: whoever has these has everything."""
        await _check(caller, topic, policy)
        async with database_of(request).read() as conn:
            return _shown(await list_heads(conn, filters=topic), service=service)

    return router


async def _check(caller: Caller, filters: Sequence[str], policy: Policy) -> None:
    pointer = "/query/topic"
    for each in filters:
        try:
            check_filter(each)
        except FilterNotValid as error:
            raise TopicNotValid(str(error), pointer=pointer) from None
    reach = EVERYTHING if caller.kind == "service" else await policy(caller)
    for each in filters:
        if not reach.includes(each):
            raise TopicNotAllowed.beyond(reach, each, pointer=pointer)


async def _read(
    database: Database, feed: Feed, filters: Sequence[str], *, after: int, limit: int, wait: int
) -> FeedPage:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    while True:
        rings = feed.bell.rings("event_log")
        # No connection is held while waiting: a thousand readers may wait.
        async with database.read() as conn:
            page = await list_events(conn, filters=filters, after=after, limit=limit)
        left = deadline - loop.time()
        if page.rows or left <= 0:
            return page
        after = page.through
        await feed.bell.wait("event_log", after=rings, seconds=min(left, POLL_SECONDS))


def _page_json(page: FeedPage, *, service: str, cursor: str) -> bytes:
    items = [orjson.Fragment(envelope_of(row, service=service).to_json()) for row in page.rows]
    return orjson.dumps({"items": items, "next": cursor})


def _shown(heads: Heads, *, service: str) -> FeedHeads:
    topics = [
        TopicHead(
            topic=head.topic,
            sequence=str(head.sequence),
            position=str(head.position),
            hash=f"sha256:{head.hash.hex()}",
        )
        for head in heads.topics
    ]
    return FeedHeads(
        service=service, as_of=heads.as_of, position=str(heads.position), pending=heads.pending, topics=topics
    )

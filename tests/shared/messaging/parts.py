"""Short ways to run the parts under test and to ask what became of events."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import nats
import orjson
from nats.js.errors import NotFoundError
from sqlalchemy import text

from shared.cancellation import end
from shared.database import Database
from shared.messaging.bell import Bell
from shared.messaging.jetstream import JetStream
from shared.messaging.relay import Relay

SERVICE = "records"


@asynccontextmanager
async def running(*coroutines: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """These run while the block does; a failure of one fails the test."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in coroutines]
        yield
        await end(tasks)


@asynccontextmanager
async def relaying(database: Database, url: str, *, lease_seconds: float = 2.0) -> AsyncGenerator[JetStream]:
    """A relay with its own connection to the bus."""
    bus, bell = JetStream(url, name="test"), Bell(database)
    relay = Relay(SERVICE, database, bus, bell, lease_seconds=lease_seconds)
    async with running(bus.run(), bell.run(), relay.run()):
        yield bus


async def until(question: Callable[[], Awaitable[bool]], *, seconds: float = 20) -> None:
    """Wait for something that will become true."""
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110 - the answer is another program's
            await asyncio.sleep(0.02)


class Stored(NamedTuple):
    """An event as it stands in the stream."""

    id: UUID
    subject: UUID
    topic: str
    position: int
    sequence: int
    version: int
    data: dict[str, Any]
    message_id: str


async def stored(url: str) -> list[Stored]:
    """Everything in the stream, in its order."""
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        try:
            last = (await stream.stream_info("EVT")).state.last_seq
        except NotFoundError:
            return []
        found = []
        for sequence in range(1, last + 1):
            message = await stream.get_msg("EVT", sequence)
            event = orjson.loads(message.data or b"")
            found.append(
                Stored(
                    id=UUID(event["id"]),
                    subject=UUID(event["subject"]),
                    topic=event["topic"],
                    position=int(event["position"]),
                    sequence=int(event["sequence"]),
                    version=int(event["entityversion"]),
                    data=event["data"],
                    message_id=(message.headers or {})["Nats-Msg-Id"],
                )
            )
        return found
    finally:
        await client.close()


async def all_published(database: Database) -> bool:
    """Nothing is pending and the bus acknowledged the whole log."""
    async with database.read() as conn:
        question = "SELECT last_position = published_through AND NOT EXISTS (SELECT FROM outbox) FROM relay_state"
        return bool((await conn.execute(text(question))).scalar_one())


async def scalar(database: Database, query: str) -> Any:
    async with database.read() as conn:
        return (await conn.execute(text(query))).scalar_one()


def without_repeats(events: list[Stored]) -> list[Stored]:
    """What a subscriber with an inbox acts on: each event, where it came first."""
    return list({event.id: event for event in events}.values())

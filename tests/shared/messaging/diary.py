"""A consumer for tests: it writes down in the database what it is told, and fails when it is asked to."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.messaging.bell import Bell
from shared.messaging.envelope import Event
from shared.messaging.jetstream import JetStream
from shared.messaging.reaction import Reaction
from shared.messaging.relay import Relay
from shared.messaging.subscriber import Subscriber
from tests.shared.messaging.events import NoteTaken
from tests.shared.messaging.parts import SERVICE, running, scalar

CONSUMER = "records-notes"


class Diary:
    """Writes down what it is told, in the database, and fails when it is asked to."""

    def __init__(self) -> None:
        self.troubles: dict[str, Exception] = {}
        self.prepared: Counter[UUID] = Counter()

    async def prepare(self, event: Event[NoteTaken]) -> str:
        self.prepared[event.id] += 1
        return f"prepared {event.data.number}"

    async def handle(self, conn: AsyncConnection, event: Event[NoteTaken], prepared: str) -> None:
        assert prepared == f"prepared {event.data.number}"
        if trouble := self.troubles.get(event.data.text):
            raise trouble
        await conn.execute(
            text("INSERT INTO effects (event_id, subject, version) VALUES (:id, :subject, :version)"),
            {"id": event.id, "subject": event.subject, "version": event.entityversion},
        )


@asynccontextmanager
async def working(database: Database, url: str, diary: Diary) -> AsyncGenerator[JetStream]:
    bus, bell = JetStream(url, name="test"), Bell(database)
    relay = Relay(SERVICE, database, bus, bell, lease_seconds=2)
    reactions = [Reaction(NoteTaken, diary.handle, diary.prepare)]
    subscriber = Subscriber(database, bus, CONSUMER, reactions, lease_seconds=2)
    async with running(bus.run(), bell.run(), relay.run(), subscriber.run()):
        yield bus


async def done(database: Database, count: int) -> bool:
    return bool(await scalar(database, "SELECT count(*) FROM inbox") == count)


async def effects(database: Database) -> list[tuple[UUID, int]]:
    async with database.read() as conn:
        rows = await conn.execute(text("SELECT subject, version FROM effects ORDER BY place"))
        return [(row.subject, row.version) for row in rows]

from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.messaging.envelope import Event
from shared.messaging.measures import BEHIND, CONNECTED, HANDLED, PARKED, PENDING, PUBLISHED, UNPUBLISHED, Measures
from shared.messaging.reaction import Poison, Reaction
from shared.messaging.runtime import MessagingRuntime
from shared.settings import ServiceSettings
from tests.shared.messaging.events import NoteTaken, take_note
from tests.shared.messaging.parts import all_published, scalar, until


def settings_for(database: Database, nats_url: str, directory: Path) -> ServiceSettings:
    (directory / "cursor.key").write_bytes(b"k" * 32)
    here = "http://localhost"
    return ServiceSettings(
        issuer=here,
        identity_url=here,
        licensing_url=here,
        certificates_url=here,
        records_url=here,
        database_url=SecretStr(database.url),
        nats_url=nats_url,
        cursor_key_file=directory / "cursor.key",
    )


async def test_a_service_runs_all_of_it_as_one_part(database: Database, nats_server: str, tmp_path: Path) -> None:
    heard = []

    async def on_note_taken(conn: AsyncConnection, event: Event[NoteTaken], prepared: None) -> None:
        heard.append(event.data.number)

    messaging = MessagingRuntime("records", database, settings_for(database, nats_server, tmp_path))
    messaging.subscribe("notes", [Reaction(NoteTaken, on_note_taken)])
    assert await messaging.readiness() == "the bus was not reached yet"
    async with messaging.running():
        async with database.transaction() as conn:
            await take_note(conn, uuid4(), number=7)
        await until(lambda: all_published(database))
        await until(lambda: _one_is_done(database))
        assert await messaging.readiness() is None
    assert heard == [7]
    assert await scalar(database, "SELECT consumer FROM inbox") == "records-notes"


async def test_metrics_say_what_waits_and_what_stands_still(
    database: Database, nats_server: str, tmp_path: Path
) -> None:
    async def fail(conn: AsyncConnection, event: Event[NoteTaken], prepared: None) -> None:
        raise Poison("of no use")

    # They count for the whole process, and so for every test in it.
    before = counted()
    messaging = MessagingRuntime("licensing", database, settings_for(database, nats_server, tmp_path))
    messaging.subscribe("notes", [Reaction(NoteTaken, fail)])
    async with database.transaction() as conn:
        for number in range(3):
            await take_note(conn, uuid4(), number=number)
    assert await measured(messaging, database, connected=False) == {"pending": 3, "unpublished": 0, "behind": "nan"}
    async with messaging.running():
        await until(lambda: all_published(database))
        await until(lambda: _three_are_parked(database))
        assert await measured(messaging, database, connected=True) == {"pending": 0, "unpublished": 0, "behind": "0.0"}
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [3, 3]
    assert PARKED.labels("licensing", "licensing-notes", True)._value.get() == 3


def counted() -> tuple[float, float]:
    return PUBLISHED.labels("licensing")._value.get(), HANDLED.labels("licensing-notes")._value.get()


async def measured(messaging: MessagingRuntime, database: Database, *, connected: bool) -> dict[str, object]:
    """What the metrics say once the last acknowledgement has come."""
    measures = Measures("licensing", database, messaging.bus, ["licensing-notes"])

    async def is_settled() -> bool:
        await measures.measure()
        return not connected or BEHIND.labels("licensing", "licensing-notes")._value.get() == 0

    await until(is_settled)
    assert CONNECTED.labels("licensing")._value.get() == connected
    return {
        "pending": PENDING.labels("licensing")._value.get(),
        "unpublished": UNPUBLISHED.labels("licensing")._value.get(),
        "behind": str(BEHIND.labels("licensing", "licensing-notes")._value.get()),
    }


async def _three_are_parked(database: Database) -> bool:
    return bool(await scalar(database, "SELECT count(*) FROM parked") == 3)


async def _one_is_done(database: Database) -> bool:
    return bool(await scalar(database, "SELECT count(*) FROM inbox") == 1)

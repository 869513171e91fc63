from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.messaging.envelope import Event
from shared.messaging.reaction import Reaction
from shared.messaging.runtime import PENDING, MessagingRuntime
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
    assert PENDING.labels("records")._value.get() == 0


async def _one_is_done(database: Database) -> bool:
    return bool(await scalar(database, "SELECT count(*) FROM inbox") == 1)

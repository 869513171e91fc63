"""Four databases become files at one cut, and other databases with the same rows and heads."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import MetaData

from deploy import services
from deploy.backup.cut import ORDER, cut
from deploy.backup.restore import opened, restore
from deploy.backup.take import take
from deploy.embedded.errors import LaunchError
from deploy.provisioning.postgres import as_role, plain
from shared.database import Database
from shared.messaging.lease import acquire
from shared.messaging.numbering import number_pending
from tests.deploy.backup.writing import contents, note
from tests.shared.messaging.events import take_note
from tests.support.databases import DatabaseFor, NewDatabase
from tests.support.roles import OWNER, as_owner

PASSPHRASE = "a passphrase for tests"
SECRETS = {"keys/index.key": b"secret"}
_AGAIN = """
INSERT INTO outbox (event_id, type, topic, subject, version, occurred_at, data)
SELECT event_id, type, topic, subject, version, occurred_at, data FROM outbox
"""


def say(_: str) -> None:
    return


def owner(url: str) -> str:
    return plain(as_owner(url))


@pytest.fixture
async def urls(new_database: NewDatabase) -> dict[str, str]:
    """A database of each service, as the service's role."""
    return {service: await new_database(service) for service in services.WITH_DATABASE}


@pytest.fixture
async def empty(database_for: DatabaseFor) -> dict[str, str]:
    """As many without any table, as their owner."""
    return {service: owner(await database_for(MetaData())) for service in services.WITH_DATABASE}


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def as_owners(urls: Mapping[str, str]) -> dict[str, str]:
    return {service: owner(url) for service, url in urls.items()}


async def backed_up(urls: Mapping[str, str], folder: Path) -> Path:
    await asyncio.to_thread(take, as_owners(urls), SECRETS, folder, passphrase=PASSPHRASE, say=say)
    return folder


async def restored(folder: Path, into: Mapping[str, str]) -> None:
    await restore(opened(folder, passphrase=PASSPHRASE, say=say), into, say=say)


async def test_what_is_restored_has_the_same_rows_and_heads(
    urls: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    for service, url in urls.items():
        await note(url, numbered=len(service), pending=2)
    before = await contents(as_owners(urls))
    await restored(await backed_up(urls, tmp_path / "backup"), empty)
    assert await contents(empty) == before
    assert before["licensing"].last_position == len("licensing")
    assert before["licensing"].tables["outbox"].rows == 2


async def test_a_restored_service_numbers_on_from_where_it_was(
    urls: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    await note(urls["records"], numbered=5, pending=2)
    await restored(await backed_up(urls, tmp_path / "backup"), empty)
    await note(empty["records"].replace("postgresql://", "postgresql+asyncpg://"), numbered=1, pending=0)
    (after,) = (await contents({"records": empty["records"]})).values()
    assert after.last_position == 8
    assert sum(head.sequence for head in after.heads.values()) == 8


async def test_a_digest_tells_one_changed_value_and_one_row_more(urls: dict[str, str]) -> None:
    await note(urls["records"], numbered=2, pending=1)
    seen = set()
    for statement in (
        "SELECT 1",
        "UPDATE outbox SET topic = topic || 'x'",
        _AGAIN,
        "DELETE FROM outbox",
    ):
        conn = await asyncpg.connect(owner(urls["records"]))
        await conn.execute(statement)
        await conn.close()
        seen.add((await contents({"records": owner(urls["records"])}))["records"].tables["outbox"].digest)
    assert len(seen) == 4


async def test_a_filled_database_is_refused_before_any_is_touched(
    urls: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    folder = await backed_up(urls, tmp_path / "backup")
    filled = {**empty, "identity": owner(urls["identity"])}
    with pytest.raises(LaunchError, match="The database of identity is not empty"):
        await restored(folder, filled)
    conn = await asyncpg.connect(empty["licensing"])
    assert await conn.fetchval("SELECT to_regclass('cases')") is None
    await conn.close()


async def test_a_backup_that_fails_leaves_no_folder(urls: dict[str, str], tmp_path: Path) -> None:
    conn = await asyncpg.connect(owner(urls["certificates"]))
    await conn.execute("ALTER TABLE relay_state RENAME TO elsewhere")
    with pytest.raises(LaunchError, match='relation "relay_state" does not exist'):
        await backed_up(urls, tmp_path / "backup")
    await conn.close()
    assert left_in(tmp_path) == []


async def test_a_wrong_password_is_told_in_one_line(urls: dict[str, str], tmp_path: Path) -> None:
    wrong = {**as_owners(urls), "records": as_role(owner(urls["records"]), OWNER, "guess")}
    with pytest.raises(LaunchError) as refusal:
        await asyncio.to_thread(take, wrong, {}, tmp_path / "backup", passphrase=PASSPHRASE, say=say)
    assert str(refusal.value) == (
        'The backup failed: PostgreSQL says: password authentication failed for user "tests_owner"'
    )


async def test_an_existing_folder_and_a_short_passphrase_are_refused(urls: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="is there already"):
        await backed_up(urls, tmp_path)
    with pytest.raises(LaunchError, match="at least 12 characters"):
        await asyncio.to_thread(take, as_owners(urls), {}, tmp_path / "backup", passphrase="short", say=say)


async def test_no_backup_holds_an_effect_of_an_event_that_it_does_not_hold(urls: dict[str, str]) -> None:
    """Two services answer each other's events as fast as they can, while cuts are made."""
    stop = asyncio.Event()

    async def talk(here: str, there: str) -> None:
        producer, consumer = Database(urls[here], pool_size=2), Database(urls[there], pool_size=2)
        lease = await acquire(producer, "relay")
        assert lease is not None
        while not stop.is_set():
            async with producer.transaction() as conn:
                event = await take_note(conn, uuid4())
            await number_pending(producer, lease)
            async with consumer.transaction() as conn:
                await conn.exec_driver_sql(f"INSERT INTO inbox VALUES ('{there}-notes', '{event}')")  # noqa: S608
        await producer.close()
        await consumer.close()

    pairs = [("identity", "licensing"), ("licensing", "identity"), ("records", "certificates")]
    lost: list[object] = []
    async with asyncio.TaskGroup() as group:
        for here, there in pairs:
            group.create_task(talk(here, there))
        for _ in range(25):
            async with cut(as_owners(urls)) as taken:
                for here, there in pairs:
                    inbox = await taken.snapshots[there].conn.fetch("SELECT event_id FROM inbox")
                    log = await taken.snapshots[here].conn.fetch("SELECT event_id FROM event_log")
                    lost += set(inbox) - set(log)
            await asyncio.sleep(0.01)
        stop.set()
    assert (await contents(as_owners(urls)))["identity"].last_position > 25
    assert lost == []


def test_what_refers_to_others_is_read_before_what_it_refers_to() -> None:
    assert set(ORDER) == set(services.WITH_DATABASE)
    assert ORDER[0] == "licensing"
    assert ORDER[-1] == "identity"

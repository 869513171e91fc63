"""A database that is not as it must be is found out, with what to do about it, by the service's own role."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from deploy.checks.clocks import check_clock
from deploy.checks.database import check_database, check_pool
from deploy.checks.finding import Finding
from deploy.provisioning.postgres import plain
from records.settings import RecordsSettings
from shared.clock import now, seconds_apart
from shared.database import Database, is_passing
from shared.ids import random_id
from tests.support.databases import NewDatabase
from tests.support.roles import as_owner
from tests.support.services import URLS


@pytest.fixture
async def url(new_database: NewDatabase) -> str:
    return await new_database("records")


async def look(url: str) -> dict[str, Finding]:
    told = {**URLS, "issuer": "https://onevisit.example", "database_url": url}
    found = await check_database("records", RecordsSettings.model_validate(told))
    return {each.what: each for each in found}


async def test_its_password_may_be_told_apart_from_its_address(url: str) -> None:
    bare, password = make_url(url).set(password=None).render_as_string(), make_url(url).password
    told = {**URLS, "issuer": "https://onevisit.example", "database_url": bare, "database_password": password}
    found = await check_database("records", RecordsSettings.model_validate(told))
    assert found[0].what == "PostgreSQL"
    assert found[0].is_in_order


async def change(url: str, *statements: str) -> None:
    database = Database(as_owner(url), pool_size=2)
    async with database.transaction() as conn:
        for statement in statements:
            await conn.execute(text(statement))
    await database.close()


async def test_one_that_is_as_it_should_be_has_nothing_to_mend(url: str) -> None:
    await change(url, f'ALTER DATABASE "{make_url(url).database}" SET synchronous_commit = on')
    found = await look(url)
    # A server of tests need not keep anything when the power goes.
    assert {what for what, each in found.items() if not each.is_in_order} <= {"fsync", "full_page_writes"}
    assert found["role"].says == "tests_service owns nothing"
    assert found["relay"].says == "0 events wait for the bus"


async def test_one_whose_text_is_sorted_by_new_rules_stops_the_service(url: str, postgres: str) -> None:
    superuser = Database(postgres, pool_size=2)
    async with superuser.transaction() as conn:
        name = make_url(url).database
        await conn.execute(text(f"UPDATE pg_database SET datcollversion = '0.1' WHERE datname = '{name}'"))  # noqa: S608
    await superuser.close()
    finding = (await look(url))["collation"]
    assert finding.stops
    assert "REINDEX" in finding.line


DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


@pytest.mark.parametrize("setting", DURABLE)
async def test_one_that_acknowledges_before_it_is_on_disk_stops_the_service(url: str, setting: str) -> None:
    await change(url, f'ALTER DATABASE "{make_url(url).database}" SET synchronous_commit = off')
    finding = (await look(url))[setting]
    if finding.says == "on":
        pytest.skip(f"the server of these tests has {setting} on, and no role of ours may change that")
    assert (finding.says, finding.stops) == ("off", True)
    assert "would be lost with the power" in finding.line


async def test_so_does_one_that_is_entered_as_the_owner_of_its_tables(url: str) -> None:
    finding = (await look(as_owner(url)))["role"]
    assert finding.stops
    assert "tests_owner owns" in finding.line


async def test_so_does_one_that_is_entered_as_a_superuser(url: str, postgres: str) -> None:
    superuser = make_url(postgres).set(database=make_url(url).database).render_as_string(hide_password=False)
    finding = (await look(superuser))["role"]
    assert finding.stops
    assert "is a superuser and bypasses row security" in finding.line


async def test_so_does_one_whose_time_zone_is_not_utc(url: str) -> None:
    await change(url, f"""ALTER DATABASE "{make_url(url).database}" SET timezone = 'Asia/Shanghai'""")
    finding = (await look(url))["time zone"]
    assert (finding.says, finding.stops) == ("Asia/Shanghai", True)


async def as_superuser(postgres: str, statement: str) -> None:
    conn = await asyncpg.connect(plain(postgres))
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


async def test_so_does_one_that_cannot_hold_every_character(postgres: str) -> None:
    name = f"narrow_{random_id().hex}"
    await as_superuser(
        postgres, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    try:
        finding = (await look(make_url(postgres).set(database=name).render_as_string(hide_password=False)))["encoding"]
        assert (finding.says, finding.stops) == ("LATIN1", True)
    finally:
        await as_superuser(postgres, f"DROP DATABASE {name}")


REVISIONS = {
    "behind": ("UPDATE alembic_version SET version_num = '0001'", "at revision 0001, behind ", "onevisit migrate"),
    "never migrated": ("DELETE FROM alembic_version", "at revision none, behind ", "onevisit migrate"),
    "ahead": (
        "UPDATE alembic_version SET version_num = '9999'",
        "at revision 9999, ahead of ",
        "start the release that migrated it",
    ),
}


@pytest.mark.parametrize("what", REVISIONS)
async def test_so_does_one_of_another_revision(url: str, what: str) -> None:
    statement, says, mend = REVISIONS[what]
    await change(url, statement)
    finding = (await look(url))["migrations"]
    assert finding.stops
    assert says in finding.says
    assert mend in (finding.mend or "")


UNREACHABLE: dict[str, tuple[dict[str, Any], str]] = {
    "wrong password": ({"password": "wrong-on-purpose"}, "refuses the password of tests_service"),
    "no such role": ({"username": "nobody"}, "refuses the password of nobody"),
    "no such database": ({"database": "nothing"}, "has no such database"),
    "nobody there": ({"port": 1}, "cannot be reached"),
}


@pytest.mark.parametrize("what", UNREACHABLE)
async def test_so_does_one_that_lets_nobody_in(url: str, what: str) -> None:
    changes, says = UNREACHABLE[what]
    (finding,) = (await look(make_url(url).set(**changes).render_as_string(hide_password=False))).values()
    assert (finding.says, finding.stops) == (says, True)
    assert "wrong-on-purpose" not in finding.line


@pytest.mark.parametrize(("pool", "stops"), [(97, True), (96, False)])
def test_so_does_a_pool_for_which_there_are_too_few_connections(pool: int, stops: bool) -> None:
    assert check_pool(pool, of=97).stops == stops


async def test_events_that_wait_too_long_are_to_be_looked_at_and_stop_nothing(url: str) -> None:
    await change(
        url,
        "INSERT INTO outbox (event_id, type, topic, subject, version, occurred_at, data, recorded_at)"
        " VALUES (gen_random_uuid(), 'a.b.v1', 'evt.a.b', gen_random_uuid(), 1, now(), '{}', now() - interval '5 min')",
        "INSERT INTO parked (consumer, event_id, subject, position, envelope, attempts)"
        " VALUES ('records-x', gen_random_uuid(), gen_random_uuid(), 1, '{}', 8)",
        "UPDATE relay_state SET last_position = 5000",
    )
    found = await look(url)
    assert {what for what in ("outbox", "relay", "parked") if found[what].mend} == {"outbox", "relay", "parked"}
    assert not any(found[what].stops for what in ("outbox", "relay", "parked"))
    assert found["parked"].says == "1 events wait for a person"


def test_a_clock_that_is_off_stops_the_service() -> None:
    finding = check_clock("PostgreSQL", 3600.0, stops=True)
    assert finding.stops
    assert finding.line.startswith("clock of PostgreSQL: 3600.0 s apart from ours; let both follow a time server")
    assert check_clock("PostgreSQL", 10.0, stops=True).is_in_order


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("theirs", "apart"), [(0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (3602.0, 3600.0), (-3600.0, 3600.0), (12.5, 10.5)]
)
def test_what_an_answer_takes_is_not_held_against_a_clock(theirs: float, apart: float) -> None:
    """It was asked for between noon and two seconds later."""
    said = NOON + timedelta(seconds=theirs)
    assert seconds_apart(said, before=NOON, after=NOON + timedelta(seconds=2)) == apart


class TestWhileItRuns:
    """What `/readyz` says of the database."""

    @pytest.fixture
    async def database(self, url: str) -> AsyncGenerator[Database]:
        database = Database(url, pool_size=2)
        yield database
        await database.close()

    async def test_nothing_is_wrong_with_one_that_works(self, database: Database) -> None:
        assert await database.trouble() is None

    @pytest.mark.parametrize("hours", [1, -1])
    async def test_a_clock_that_is_off_by_an_hour_is_named(self, url: str, hours: int) -> None:
        database = Database(url, pool_size=2, clock=lambda: now() + timedelta(hours=hours))
        # Less by as long as the database took to answer.
        assert re.fullmatch(r"its clock and ours are 3[56]\d\d s apart", await database.trouble() or "")
        await database.close()

    async def test_a_full_disk_is_named_and_passes(self, database: Database) -> None:
        """As PostgreSQL says it: could not extend file, SQLSTATE 53100."""
        full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        with pytest.raises(DBAPIError) as error:
            async with database.transaction() as conn:
                await conn.execute(text(full))
        assert is_passing(error.value)
        assert await database.trouble() == "its disk is full"

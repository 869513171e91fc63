"""A PostgreSQL whose disk is really full refuses what it cannot keep; readiness says why, and with room it goes on."""

import secrets
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import Database, is_passing
from tests.support import containers

pytestmark = pytest.mark.skipif(not containers.engine_answers(), reason="needs an engine for containers")

SMALL_DISK = {"/var/lib/postgresql": "size=200m,mode=1777"}
FILL = """
DO $$ BEGIN
    LOOP
        INSERT INTO ballast SELECT repeat('x', 2000) FROM generate_series(1, 500);
        COMMIT;
    END LOOP;
END $$
"""


@pytest.fixture
async def database() -> AsyncGenerator[Database]:
    password = secrets.token_hex(8)
    with containers.postgres(password, {"max_wal_size": "32MB", "min_wal_size": "32MB"}, disks=SMALL_DISK) as url:
        database = Database(url, pool_size=2)
        async with database.transaction() as conn:
            # What fills the disk is not in the write-ahead log, which has its room already.
            await conn.execute(text("CREATE UNLOGGED TABLE ballast (filler text STORAGE PLAIN)"))
            await conn.execute(text("CREATE TABLE files (content text STORAGE PLAIN)"))
        yield database
        await database.close()


async def file(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute(text("INSERT INTO files SELECT repeat('y', 2000) FROM generate_series(1, 500)"))


async def test_what_cannot_be_kept_is_refused_until_there_is_room(database: Database) -> None:
    async with database.single() as conn:
        with pytest.raises(DBAPIError):
            await conn.execute(text(FILL))
    with pytest.raises(DBAPIError) as refusal:
        await file(database)
    assert is_passing(refusal.value)
    assert await database.trouble() == "its disk is full"

    async with database.transaction() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM files"))).scalar_one() == 0
        await conn.execute(text("DROP TABLE ballast"))
    await file(database)

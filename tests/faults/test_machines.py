"""kill -9 is the real thing: what was acknowledged survives it, and what kills it kills all of it."""

from collections.abc import Generator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import ports
from deploy.embedded.postgres import Postgres
from deploy.provisioning.postgres import plain
from tests.faults.machines import DatabaseServer

COMMITS = 300


@pytest.fixture
def server(tmp_path: Path) -> Generator[Postgres]:
    (port,) = ports.free_ports(1)
    postgres = Postgres(tmp_path / "postgres", port=port, password="secret", log=tmp_path / "postgres.log")
    postgres.start()
    yield postgres
    postgres.stop()


async def test_what_postgresql_acknowledged_survives_the_death_of_all_its_processes(server: Postgres) -> None:
    """With `synchronous_commit = off` it does not: what was in its memory alone is gone."""
    conn = await asyncpg.connect(plain(server.url()))
    await conn.execute("CREATE TABLE kept (number int)")
    for number in range(COMMITS):
        await conn.execute("INSERT INTO kept VALUES ($1)", number)
    database = DatabaseServer(server)
    database.kill()
    conn.terminate()
    assert not database.is_running
    database.start()
    conn = await asyncpg.connect(plain(server.url()))
    assert await conn.fetchval("SELECT count(*) FROM kept") == COMMITS
    await conn.close()

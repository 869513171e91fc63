"""A database of its own for every test that asks, dropped afterwards. Copies of a template made once per run.

    async def test_something(new_database: NewDatabase) -> None:
        database = Database(await new_database("identity"))     # all migrations of the service applied

    async def test_mechanism(database_for: DatabaseFor) -> None:
        database = Database(await database_for(metadata))       # just these tables

The URL connects as a role that owns nothing, as a service does; `as_owner(url)` of tests/support/roles.py connects
as the owner.
"""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import MetaData, pool
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from deploy.embedded.provision import grant_rows, in_database, plain
from deploy.migration import migrate, revisions_of
from tests.support.roles import OWNER, SERVICE, as_owner, as_service

NewDatabase = Callable[[str], Awaitable[str]]
DatabaseFor = Callable[[MetaData], Awaitable[str]]
Prepare = Callable[[str], Awaitable[object]]

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


@pytest.fixture
async def new_database(postgres: str) -> AsyncGenerator[NewDatabase]:
    """Makes migrated databases of a service by its name."""
    async with _copies(postgres) as copy:

        async def make(service: str) -> str:
            head = revisions_of(service).get_current_head()
            return await copy(f"template_{service}_{head}", lambda url: migrate(service, url))

        yield make


@pytest.fixture
async def database_for(postgres: str) -> AsyncGenerator[DatabaseFor]:
    """Makes databases with the tables of a metadata."""
    async with _copies(postgres) as copy:

        async def make(metadata: MetaData) -> str:
            return await copy(f"template_{_digest(metadata)}", lambda url: _create_all(metadata, url))

        yield make


@asynccontextmanager
async def _copies(server: str) -> AsyncGenerator[Callable[[str, Prepare], Awaitable[str]]]:
    made: list[str] = []

    async def copy(template: str, prepare: Prepare) -> str:
        name = f"test_{uuid4().hex}"
        async with _connected(server) as conn:
            await _ensure_template(conn, server, template, prepare)
            await conn.execute(f'CREATE DATABASE "{name}" OWNER "{OWNER}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        made.append(name)
        return as_service(in_database(server, name))

    try:
        yield copy
    finally:
        async with _connected(server) as conn:
            for name in made:
                await conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _ensure_template(conn: asyncpg.Connection, server: str, name: str, prepare: Prepare) -> None:
    """One worker builds it under an advisory lock; the others find it whole or not at all."""
    await conn.execute("SELECT pg_advisory_lock(hashtext($1))", name)
    try:
        if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return
        building = f"building_{uuid4().hex}"
        await conn.execute(f'CREATE DATABASE "{building}" OWNER "{OWNER}"')
        await grant_rows(server, building, owner=OWNER, role=SERVICE)
        await prepare(as_owner(in_database(server, building)))
        await conn.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    finally:
        await conn.execute("SELECT pg_advisory_unlock(hashtext($1))", name)


async def _create_all(metadata: MetaData, url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    await engine.dispose()


def _digest(metadata: MetaData) -> str:
    tables = metadata.sorted_tables
    statements = [str(CreateTable(table).compile(dialect=_DIALECT)) for table in tables]
    statements += [str(CreateIndex(index).compile(dialect=_DIALECT)) for table in tables for index in table.indexes]
    return hashlib.sha256("".join(sorted(statements)).encode()).hexdigest()[:32]


@asynccontextmanager
async def _connected(server: str) -> AsyncGenerator[asyncpg.Connection]:
    conn = await asyncpg.connect(plain(server), server_settings={"statement_timeout": "0", "lock_timeout": "0"})
    try:
        yield conn
    finally:
        await conn.close()

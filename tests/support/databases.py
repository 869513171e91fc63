"""A database of its own for every test that asks, dropped afterwards. Copies of a template made once per run.

    async def test_something(new_database: NewDatabase) -> None:
        database = Database(await new_database("identity"))     # all migrations of the service applied

    async def test_mechanism(database_for: DatabaseFor) -> None:
        database = Database(await database_for(metadata))       # just these tables

The URL connects as a role that owns nothing, as a service does; `as_owner(url)` of tests/support/roles.py connects
as the owner.
"""

import hashlib
from collections.abc import Awaitable, Callable, Generator
from functools import cache, partial
from typing import Protocol

import pytest
from sqlalchemy import MetaData, pool
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from deploy.migration import migrate, revisions_of
from tests.support.copies import Copies, Prepare

DatabaseFor = Callable[[MetaData], Awaitable[str]]

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


class NewDatabase(Protocol):
    """Makes a migrated database of a service."""

    async def __call__(self, service: str, *, filled: tuple[str, Prepare] | None = None) -> str:
        """Its URL. `filled` puts rows into the template: what they are called, which must differ where they do, and a
        function of the owner's URL.
        """


@pytest.fixture(scope="session")
def copies(postgres: str) -> Generator[Copies]:
    """This process's way to databases."""
    with Copies(postgres) as opened:
        yield opened


@pytest.fixture
def new_database(copies: Copies) -> Generator[NewDatabase]:
    """Makes migrated databases of a service by its name."""
    with copies.lent() as copy:

        async def make(service: str, *, filled: tuple[str, Prepare] | None = None) -> str:
            name = f"template_{service}_{_head(service)}"
            if filled is None:
                return await copy(name, partial(migrate, service))
            rows, fill = filled

            async def prepare(url: str) -> None:
                await migrate(service, url)
                await fill(url)

            return await copy(f"{name}_{rows}", prepare)

        yield make


@pytest.fixture
def database_for(copies: Copies) -> Generator[DatabaseFor]:
    """Makes databases with the tables of a metadata."""
    with copies.lent() as copy:

        async def make(metadata: MetaData) -> str:
            return await copy(f"template_{_digest(metadata)}", partial(_create_all, metadata))

        yield make


@cache
def _head(service: str) -> str | None:
    return revisions_of(service).get_current_head()


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

"""One PostgreSQL per service: connections, one transaction per request, constraint names turned into refusals."""

import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
from fastapi import Depends, Request
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.clock import Clock, now, seconds_apart
from shared.errors import ServiceError
from shared.servers import Servers

# SQLAlchemy wraps what PostgreSQL says, not what the network says.
DATABASE_ERRORS = (SQLAlchemyError, OSError)
# Tokens are good for a minute more or less; two clocks further apart than this are not two clocks but a fault.
MOST_CLOCK_SECONDS = 10.0
# How long a full disk is spoken of after PostgreSQL last said so.
FULL_SECONDS = 30.0
_DISK_FULL = "53100"
NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


def new_metadata() -> MetaData:
    """Metadata whose constraints all have a name that code can rely on."""
    return MetaData(naming_convention=NAMING)


def statements_of(path: Path) -> list[str]:
    """The SQL statements of a file of a migration; a line with a semicolon alone stands between two."""
    return [statement.strip() for statement in path.read_text(encoding="utf-8").split("\n;\n")]


def _dump(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


class Database:
    """The connection pool of one service."""

    def __init__(self, url: str, *, pool_size: int = 10, clock: Clock = now) -> None:
        self.url = url
        self.servers = Servers(url)
        self._clock = clock
        self.engine: AsyncEngine = create_async_engine(
            url,
            async_creator=self.servers.connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            json_serializer=_dump,
            json_deserializer=orjson.loads,
            # Bound values are claims and names; an error must not carry them into a log.
            hide_parameters=True,
        )
        self._full_until = float("-inf")
        event.listen(self.engine.sync_engine, "handle_error", self._note_full)
        # Most reads are one statement: autocommit spares them BEGIN and ROLLBACK, two round trips of three.
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """All or nothing: committed on leaving, rolled back on an exception."""
        async with self.engine.begin() as conn:
            yield conn

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """For single read-only statements; each sees what is committed when it runs."""
        async with self._reader.connect() as conn:
            yield conn

    @asynccontextmanager
    async def single(self) -> AsyncGenerator[AsyncConnection]:
        """For one statement that changes something: it is a transaction by itself, at a third of the round trips."""
        async with self._reader.connect() as conn:
            yield conn

    async def trouble(self) -> str | None:
        """Why it cannot do its work; None when it can. Raises one of `DATABASE_ERRORS` where it does not answer."""
        before = self._clock()
        async with self.read() as conn:
            theirs: datetime = (await conn.execute(_CLOCK)).scalar_one()
        apart = seconds_apart(theirs, before=before, after=self._clock())
        if apart > MOST_CLOCK_SECONDS:
            return f"its clock and ours are {apart:.0f} s apart"
        return "its disk is full" if time.monotonic() < self._full_until else None

    def _note_full(self, context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _DISK_FULL:
            self._full_until = time.monotonic() + FULL_SECONDS

    async def close(self) -> None:
        await self.engine.dispose()


_CLOCK = text("SELECT clock_timestamp()")


def database_of(request: Request) -> Database:
    """The database of the service that answers this request."""
    database: Database = request.app.state.service.database
    return database


async def _transaction(request: Request) -> AsyncGenerator[AsyncConnection]:
    async with database_of(request).transaction() as conn:
        yield conn


async def _read(request: Request) -> AsyncGenerator[AsyncConnection]:
    async with database_of(request).read() as conn:
        yield conn


# scope="function": with FastAPI's default the commit would come after the client has its 200.
Transaction = Annotated[AsyncConnection, Depends(_transaction, scope="function")]
Read = Annotated[AsyncConnection, Depends(_read, scope="function")]


# What another moment heals (PostgreSQL, appendix A): waited too long for a lock, deadlock, canceled as too slow, no
# room on its disk or in its memory, too many connections, the server goes or comes, the connection is lost, the server
# takes no writes (any more).
_PASSING = ("55P03", "40P01", "40001", "57014", "53", "57P", "08", "25006")


def is_passing(error: Exception) -> bool:
    """Whether the database could not do it now, and may well do it when asked again; nothing was changed."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or state.startswith(_PASSING)
    return isinstance(error, PoolExhausted | ConnectionError)


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that refused, as PostgreSQL reports it."""
    cause = getattr(error.orig, "__cause__", None)
    return getattr(cause, "constraint_name", None)


@contextmanager
def translate(refusals: Mapping[str, type[ServiceError] | ServiceError]) -> Generator[None]:
    """Turn a violated constraint into the refusal that it stands for. Unnamed constraints pass through."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(constraint_of(error) or "")
        if refusal is None:
            raise
        raise (refusal() if isinstance(refusal, type) else refusal) from None

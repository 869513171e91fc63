"""One moment at which every service's database is read, while all of them go on working.

A backup must not hold the effect of an event that it does not hold: the restored producer would give its number to
another event. No event is numbered between the first snapshot and the last: the one row that numbering changes is held
in every database for the milliseconds that this takes. Whatever anybody has received by then, its producer's snapshot
has. What refers to others by HTTP is read before what it refers to.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from deploy.backup import contents

# Applications name certificates and records that they reuse; all of them name parties.
ORDER = ("licensing", "certificates", "records", "identity")
# A relay waits three seconds for a lock. Should some database not answer at once, its relays must not fail for it.
_HOLD = "SET LOCAL lock_timeout = '2s'; SET LOCAL transaction_timeout = '2s'"


@dataclass(frozen=True)
class Snapshot:
    """A database at the cut: by this connection, and for other programs by the name of the snapshot."""

    url: str
    conn: asyncpg.Connection
    name: str


@dataclass(frozen=True)
class Cut:
    """Every database at one moment."""

    at: datetime
    snapshots: Mapping[str, Snapshot]


@asynccontextmanager
async def cut(urls: Mapping[str, str]) -> AsyncGenerator[Cut]:
    """The cut through these databases, for as long as the block lasts; `urls` are those of the owners."""
    async with AsyncExitStack() as stack:
        readers = {service: await _connected(stack, urls[service]) for service in ORDER if service in urls}
        async with AsyncExitStack() as held:
            for service in readers:
                await _hold(held, urls[service])
            names = {service: await _export(conn) for service, conn in readers.items()}
            at = await next(iter(readers.values())).fetchval("SELECT clock_timestamp()")
        yield Cut(at, {service: Snapshot(urls[service], readers[service], name) for service, name in names.items()})


async def _connected(stack: AsyncExitStack, url: str) -> asyncpg.Connection:
    conn = await contents.connect(url)
    stack.push_async_callback(conn.close)
    return conn


async def _hold(stack: AsyncExitStack, url: str) -> None:
    """Nothing is numbered here until the stack unwinds."""
    conn = await _connected(stack, url)
    await stack.enter_async_context(conn.transaction())
    await conn.execute(_HOLD)
    await conn.execute("SELECT FROM relay_state FOR UPDATE")


async def _export(conn: asyncpg.Connection) -> str:
    await conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return str(await conn.fetchval("SELECT pg_export_snapshot()"))

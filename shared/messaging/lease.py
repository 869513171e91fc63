"""One leader per name among any number of processes, by a lease on PostgreSQL's clock.

A leader that was paused may wake up and believe it still leads. Its term is checked in the transaction of everything
that it does, so that it can do nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.cancellation import going_on, together
from shared.database import DATABASE_ERRORS, Database

LEASE_SECONDS = 5.0
log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Somebody else leads now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to lead until it expires; `term` rises with every leader."""

    name: str
    term: int
    seconds: float

    async def fence(self, conn: AsyncConnection) -> None:
        """Renew, and keep any other leader out until this transaction ends; `LeaseLost` if there is one already.

        The transaction is made durable even where the server is set otherwise: an acknowledgement elsewhere follows.
        WAL is flushed in order, so that whatever this transaction has seen is durable with it.
        """
        if (await conn.execute(_FENCE, self._parameters())).first() is None:
            raise LeaseLost(self.name)

    async def renew(self, database: Database) -> None:
        """Renew now and again, until cancelled or `LeaseLost`."""
        while going_on():
            await asyncio.sleep(self.seconds / 4)
            try:
                async with database.transaction() as conn:
                    await self.fence(conn)
            except DATABASE_ERRORS:
                log.warning("lease not renewed", lease=self.name, exc_info=True)

    async def release(self, database: Database) -> None:
        """The next leader need not wait; unless the database is away, then it waits for the lease to expire."""
        with suppress(*DATABASE_ERRORS):
            async with database.transaction() as conn:
                await conn.execute(_RELEASE, {"name": self.name, "term": self.term})

    def _parameters(self) -> dict[str, object]:
        return {"name": self.name, "term": self.term, "duration": timedelta(seconds=self.seconds)}


async def acquire(database: Database, name: str, *, seconds: float = LEASE_SECONDS) -> Lease | None:
    """The lease in a new term, if nobody holds it."""
    async with database.transaction() as conn:
        row = (await conn.execute(_ACQUIRE, {"name": name, "duration": timedelta(seconds=seconds)})).first()
    return None if row is None else Lease(name, row.term, seconds)


async def lead(
    database: Database,
    name: str,
    work: Callable[[Lease], Coroutine[Any, Any, None]],
    *,
    seconds: float = LEASE_SECONDS,
) -> None:
    """Do `work` whenever this process leads; for ever, until cancelled or until `work` fails."""
    while going_on():
        lease = await acquire(database, name, seconds=seconds)
        if lease is None:
            await asyncio.sleep(seconds / 10)
            continue
        log.info("leading", lease=name, term=lease.term)
        try:
            await together(lease.renew(database), work(lease))
        except LeaseLost:
            log.warning("lease lost", lease=name, term=lease.term)
        else:
            return
        finally:
            await lease.release(database)


_FENCE = text("""
UPDATE leases SET held_until = clock_timestamp() + CAST(:duration AS interval)
WHERE name = :name AND term = :term RETURNING set_config('synchronous_commit', 'on', true)
""")
_RELEASE = text("UPDATE leases SET held_until = '-infinity' WHERE name = :name AND term = :term")
# A row that is locked is in use, whatever it says: its holder is in the middle of something.
_ACQUIRE = text("""
WITH expired AS (
    SELECT name FROM leases WHERE name = :name AND held_until < clock_timestamp() FOR UPDATE SKIP LOCKED
), again AS (
    UPDATE leases SET term = term + 1, held_until = clock_timestamp() + CAST(:duration AS interval)
    FROM expired WHERE leases.name = expired.name RETURNING term
), first AS (
    INSERT INTO leases (name, term, held_until)
    SELECT :name, 1, clock_timestamp() + CAST(:duration AS interval)
    WHERE NOT EXISTS (SELECT FROM leases WHERE name = :name)
    ON CONFLICT DO NOTHING RETURNING term
)
SELECT term FROM again UNION ALL SELECT term FROM first
""")

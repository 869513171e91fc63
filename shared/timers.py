"""What must happen at an instant (a deadline, an expiry), kept in PostgreSQL with the change that set it.

A timer fires at least once, in the transaction of its effect: the row is deleted with it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    Uuid,
    delete,
    select,
    text,
    update,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import tracing
from shared.background import running
from shared.cancellation import going_on
from shared.clock import Clock
from shared.database import Database
from shared.ids import new_id

TimerHandler = Callable[[AsyncConnection, UUID, datetime], Awaitable[None]]
BATCH = 50
log = structlog.get_logger(__name__)


def install(metadata: MetaData) -> Table:
    """Declare the table on a service's metadata."""
    return Table(
        "timers",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", SqlText, nullable=False),
        Column("subject", Uuid, nullable=False),
        Column("due_at", DateTime(timezone=True), nullable=False, index=True),
        Column("attempts", Integer, nullable=False, server_default="0"),
        UniqueConstraint("kind", "subject"),
    )


_timers = install(MetaData())


async def set_timer(conn: AsyncConnection, *, kind: str, subject: UUID, due_at: datetime) -> None:
    """One timer of a kind per subject; setting it again moves it."""
    await conn.execute(_SET_TIMER, {"id": new_id(), "kind": kind, "subject": subject, "due_at": due_at})


async def set_timers(conn: AsyncConnection, due_at: Mapping[UUID, datetime], *, kind: str) -> None:
    """As `set_timer`, for many subjects in one statement; those that have such a timer keep it."""
    if due_at:
        told = {"ids": [new_id() for _ in due_at], "kind": kind, "subjects": [*due_at], "due": [*due_at.values()]}
        await conn.execute(_SET_TIMERS, told)


_NEW = insert(_timers)
_SET_TIMER = _NEW.on_conflict_do_update(
    index_elements=["kind", "subject"], set_={"due_at": _NEW.excluded.due_at, "attempts": 0}
)
_SET_TIMERS = text("""
INSERT INTO timers (id, kind, subject, due_at)
SELECT id, :kind, subject, due_at
FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]), CAST(:due AS timestamptz[])) AS new (id, subject, due_at)
ON CONFLICT (kind, subject) DO NOTHING
""")


async def cancel_timer(conn: AsyncConnection, *, kind: str, subject: UUID) -> None:
    """Nothing happens if there is none."""
    await conn.execute(delete(_timers).where(_timers.c.kind == kind, _timers.c.subject == subject))


async def fire_due(conn: AsyncConnection, handlers: Mapping[str, TimerHandler], *, at: datetime) -> int:
    """Fire what is due, oldest first; one that fails is put off (doubling, at most an hour) and the others go on."""
    due = (
        select(_timers)
        .where(_timers.c.due_at <= at, _timers.c.kind.in_(handlers))
        .order_by(_timers.c.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = (await conn.execute(due)).all()
    for row in rows:
        try:
            with tracing.span("fire", "internal", row.kind):
                async with conn.begin_nested():
                    await conn.execute(delete(_timers).where(_timers.c.id == row.id))
                    await handlers[row.kind](conn, row.subject, at)
        except Exception:
            log.exception("timer failed", kind=row.kind, attempts=row.attempts + 1)
            put_off = timedelta(seconds=min(3600, 2**row.attempts))
            await conn.execute(
                update(_timers).where(_timers.c.id == row.id).values(due_at=at + put_off, attempts=row.attempts + 1)
            )
    return len(rows)


@asynccontextmanager
async def timer_loop(
    database: Database, handlers: Mapping[str, TimerHandler], *, clock: Clock, every: float = 1.0
) -> AsyncGenerator[None]:
    """Fire due timers while the service runs. Any number of processes may do so: rows are locked, not leaders."""

    async def run() -> None:
        while going_on():
            try:
                async with database.transaction() as conn:
                    fired = await fire_due(conn, handlers, at=clock())
            except Exception:
                log.exception("timers could not be read")
                fired = 0
            if fired < BATCH:
                await asyncio.sleep(every)

    async with running({"timers": run}):
        yield

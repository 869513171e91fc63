"""What a consumer has done and what it could not do: an event has its effect once, or is parked with its entity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event to park."""

    event_id: UUID
    subject: UUID
    position: int
    body: bytes


async def list_known(conn: AsyncConnection, *, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these events that had their effect, or are parked."""
    rows = await conn.execute(_KNOWN, {"consumer": consumer, "ids": list(event_ids)})
    return set(rows.scalars())


async def list_blocked(conn: AsyncConnection, *, consumer: str, subjects: Sequence[UUID]) -> set[UUID]:
    """Those of these entities of which an event is parked: what comes later waits behind it."""
    rows = await conn.execute(_BLOCKED, {"consumer": consumer, "subjects": list(subjects)})
    return set(rows.scalars())


async def mark_done(conn: AsyncConnection, *, consumer: str, event_ids: Sequence[UUID]) -> None:
    """In the transaction of their effect. A second consumer process that did the same is refused here."""
    await conn.execute(_DONE, {"consumer": consumer, "ids": list(event_ids)})


async def park(
    conn: AsyncConnection, waiting: Waiting, *, consumer: str, reason: str | None, retry_seconds: float | None
) -> None:
    """The event waits: for a while, for a person (`retry_seconds` None), or behind another (`reason` None)."""
    parameters = {
        "consumer": consumer,
        "event_id": waiting.event_id,
        "subject": waiting.subject,
        "position": waiting.position,
        "envelope": waiting.body.decode("utf-8", "replace").replace("\0", "\ufffd"),
        "attempts": 0 if reason is None else 1,
        "reason": reason,
        "seconds": retry_seconds,
    }
    await conn.execute(_PARK, parameters)


async def list_due(conn: AsyncConnection, *, consumer: str, limit: int) -> Sequence[Row[tuple[object, ...]]]:
    """The first parked event of each entity, where its time has come."""
    return (await conn.execute(_DUE, {"consumer": consumer, "limit": limit})).all()


async def release(conn: AsyncConnection, *, consumer: str, event_id: UUID) -> None:
    """A parked event had its effect."""
    await mark_done(conn, consumer=consumer, event_ids=[event_id])
    await conn.execute(_RELEASE, {"consumer": consumer, "event_id": event_id})


async def postpone(
    conn: AsyncConnection, *, consumer: str, event_id: UUID, reason: str, retry_seconds: float | None
) -> None:
    """A parked event failed again."""
    await conn.execute(
        _POSTPONE, {"consumer": consumer, "event_id": event_id, "reason": reason, "seconds": retry_seconds}
    )


async def redrive(conn: AsyncConnection, *, consumer: str, subject: UUID | None = None) -> int:
    """What waits for a person is tried again, each entity's events in their order; answers how many."""
    return (await conn.execute(_REDRIVE, {"consumer": consumer, "subject": subject})).rowcount


async def skip(conn: AsyncConnection, *, consumer: str, event_id: UUID) -> None:
    """A person decided that this parked event shall have no effect; those behind it go on."""
    await release(conn, consumer=consumer, event_id=event_id)


async def list_parked(conn: AsyncConnection, *, consumer: str | None = None) -> Sequence[Row[tuple[Any, ...]]]:
    """What waits for a person, and what stands behind it: of one consumer or of all, an entity's in their order."""
    return (await conn.execute(_PARKED, {"consumer": consumer})).all()


_KNOWN = text("""
SELECT event_id FROM inbox WHERE consumer = :consumer AND event_id = ANY (CAST(:ids AS uuid[]))
UNION ALL SELECT event_id FROM parked WHERE consumer = :consumer AND event_id = ANY (CAST(:ids AS uuid[]))
""")
_BLOCKED = text("""
SELECT DISTINCT subject FROM parked WHERE consumer = :consumer AND subject = ANY (CAST(:subjects AS uuid[]))
""")
_DONE = text("INSERT INTO inbox (consumer, event_id) SELECT :consumer, unnest(CAST(:ids AS uuid[]))")
# A commit whose answer was lost looks like a failure; what is noted as done is not parked on top of it.
_PARK = text("""
INSERT INTO parked (consumer, event_id, subject, position, envelope, attempts, reason, retry_at)
SELECT :consumer, :event_id, :subject, :position, :envelope, :attempts, :reason,
       clock_timestamp() + make_interval(secs => CAST(:seconds AS double precision))
WHERE NOT EXISTS (SELECT FROM inbox WHERE consumer = :consumer AND event_id = :event_id)
""")
# attempts = 0: it only stood behind another, which is gone. No retry_at after an attempt: it waits for a person.
_DUE = text("""
SELECT * FROM (
    SELECT DISTINCT ON (subject) * FROM parked WHERE consumer = :consumer ORDER BY subject, position
) AS first
WHERE attempts = 0 OR retry_at <= clock_timestamp()
ORDER BY parked_at LIMIT :limit
""")
_RELEASE = text("DELETE FROM parked WHERE consumer = :consumer AND event_id = :event_id")
_POSTPONE = text("""
UPDATE parked SET attempts = attempts + 1, reason = :reason,
       retry_at = clock_timestamp() + make_interval(secs => CAST(:seconds AS double precision))
WHERE consumer = :consumer AND event_id = :event_id
""")
_PARKED = text("""
SELECT consumer, event_id, subject, attempts, reason, parked_at, envelope FROM parked AS one
WHERE (CAST(:consumer AS text) IS NULL OR consumer = :consumer) AND EXISTS (
    SELECT 1 FROM parked AS stuck WHERE stuck.consumer = one.consumer AND stuck.subject = one.subject
    AND stuck.attempts > 0 AND stuck.retry_at IS NULL
)
ORDER BY consumer, subject, position
""")
_REDRIVE = text("""
UPDATE parked SET attempts = 0
WHERE consumer = :consumer AND attempts > 0 AND retry_at IS NULL
  AND (CAST(:subject AS uuid) IS NULL OR subject = :subject)
""")

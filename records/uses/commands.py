"""What happens to uses: they are noted, once, and whoever used what no longer holds is told, once for each change.

Events of different sources come in no order: a use may be heard of before the change or after it. Both write here, one
after the other, for one subscriber leads and its lease is locked by every transaction of effects; so whichever comes
second finds the first. Who used evidence before is told of its change a number at a time, while its row is locked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from records.uses.model import Change, Telling, Use
from records.uses.rules import notice_of
from shared.messaging.outbox import Recorded, record_many
from shared.timers import set_timer

TELLING = "uses.telling"
# Under a duty a department names a reference of its own for each reading, as many as it likes. Of each department so
# many are told of a change in one transaction, and as many again after each pause: far fewer than the relay carries.
AT_ONCE = 500
PAUSE = timedelta(seconds=1)


async def note_uses(conn: AsyncConnection, uses: Sequence[Use], *, at: datetime) -> None:
    """These uses are on record. Of evidence that no longer holds already, their departments are told at once."""
    if uses:
        columns = {name: [getattr(use, name) for use in uses] for name in Use.__slots__}
        rows = await conn.execute(_NOTE_USES, columns)
        await _tell(conn, [_telling(row, _change(row)) for row in rows], at=at)


async def note_change(conn: AsyncConnection, change: Change, *, at: datetime) -> None:
    """This is what last happened to the evidence; every department that used it is told for each of its cases.

    Of a reinstatement only who was told of the withholding. A change that was noted before, or an older one than is
    known, changes nothing and is told to nobody. Where there are many to tell, a timer goes on with the rest.
    """
    if (await conn.execute(_NOTE_CHANGE, asdict(change))).first():
        await _tell_next(conn, change, at=at)


async def go_on_telling(conn: AsyncConnection, evidence: UUID, at: datetime) -> None:
    """The next of those who used the evidence are told what last happened to it: the handler of `TELLING`."""
    row = (await conn.execute(_LOCK_CHANGE, {"evidence": evidence})).first()
    if row is not None:
        await _tell_next(conn, _change(row), at=at)
    else:
        # A newer change is just being noted, and waits for this timer where it has many to tell: we do not wait for
        # it, and look again, for it may still come to nothing.
        await set_timer(conn, kind=TELLING, subject=evidence, due_at=at + PAUSE)


async def _tell_next(conn: AsyncConnection, change: Change, *, at: datetime) -> None:
    """So many of each department are told, that none waits for the many of another."""
    speaks_against = change.change != "reinstated"
    parameters = {
        "evidence": change.evidence,
        "version": change.version,
        "above": -1 if speaks_against else 0,
        "told": change.version if speaks_against else 0,
        "at_once": AT_ONCE,
    }
    rows = (await conn.execute(_TELL_NEXT, parameters)).all()
    await _tell(conn, [_telling(row, change) for row in rows], at=at)
    if len(rows) >= AT_ONCE:
        await set_timer(conn, kind=TELLING, subject=change.evidence, due_at=at + PAUSE)


async def _tell(conn: AsyncConnection, tellings: Iterable[Telling], *, at: datetime) -> None:
    notices = [
        Recorded(
            event=notice_of(telling),
            subject=telling.change.evidence,
            version=telling.change.version,
            region=telling.change.region,
            kind=telling.change.kind,
            at=at,
            department=telling.department,
        )
        for telling in tellings
    ]
    await record_many(conn, notices)


def _telling(row: Row[Any], change: Change) -> Telling:
    return Telling(change=change, department=row.department, ref=row.ref, purpose=row.purpose, item=row.item)


def _change(row: Row[Any]) -> Change:
    return Change(**{name: getattr(row, name) for name in Change.__slots__})


# A use of evidence that was reinstated is a use of evidence that holds: its department has nothing to hear.
_NOTE_USES = text("""
WITH noted AS (
    INSERT INTO evidence_uses (evidence, department, ref, purpose, item, first_used_at, told)
    SELECT new.evidence, new.department, new.ref, new.purpose, new.item, new.first_used_at,
           CASE WHEN change.change <> 'reinstated' THEN change.version ELSE 0 END
    FROM unnest(CAST(:evidence AS uuid[]), CAST(:department AS text[]), CAST(:ref AS uuid[]),
                CAST(:purpose AS text[]), CAST(:item AS text[]), CAST(:first_used_at AS timestamptz[]))
         AS new (evidence, department, ref, purpose, item, first_used_at)
    LEFT JOIN evidence_changes AS change ON change.evidence = new.evidence
    ON CONFLICT (evidence, department, ref) DO NOTHING
    RETURNING evidence, department, ref, purpose, item, told
)
SELECT noted.department, noted.ref, noted.purpose, noted.item, change.*
FROM noted JOIN evidence_changes AS change ON change.evidence = noted.evidence
WHERE noted.told > 0
ORDER BY noted.evidence, noted.department, noted.ref
""")
_NOTE_CHANGE = text("""
INSERT INTO evidence_changes AS known (evidence, version, change, kind, party, issuer, region, ground, successor)
VALUES (:evidence, :version, :change, :kind, :party, :issuer, :region, :ground, :successor)
ON CONFLICT (evidence) DO UPDATE
SET version = excluded.version, change = excluded.change, region = excluded.region, ground = excluded.ground,
    successor = excluded.successor
WHERE known.version < excluded.version
RETURNING evidence
""")
_LOCK_CHANGE = text("SELECT * FROM evidence_changes WHERE evidence = :evidence FOR UPDATE SKIP LOCKED")
# The departments are few, and each is found by one look into the index, however many uses it has.
_TELL_NEXT = text("""
WITH RECURSIVE reader (department) AS (
    (SELECT department FROM evidence_uses WHERE evidence = :evidence ORDER BY department LIMIT 1)
    UNION ALL
    SELECT (
        SELECT used.department FROM evidence_uses AS used
        WHERE used.evidence = :evidence AND used.department > reader.department
        ORDER BY used.department LIMIT 1
    )
    FROM reader WHERE reader.department IS NOT NULL
), due AS (
    SELECT next.department, next.ref
    FROM reader CROSS JOIN LATERAL (
        SELECT used.department, used.ref FROM evidence_uses AS used
        WHERE used.evidence = :evidence AND used.department = reader.department
          AND used.told > CAST(:above AS bigint) AND used.told < CAST(:version AS bigint)
        ORDER BY used.told LIMIT :at_once
    ) AS next
), told AS (
    UPDATE evidence_uses AS used SET told = CAST(:told AS bigint)
    FROM due
    WHERE used.evidence = :evidence AND used.department = due.department AND used.ref = due.ref
    RETURNING used.department, used.ref, used.purpose, used.item
)
SELECT * FROM told ORDER BY department, ref
""")

"""What happens to uses: they are noted, once, and whoever used what no longer holds is told, once for each change.

Events of different sources come in no order: a use may be heard of before the change or after it. Both write here, one
after the other, for one subscriber leads and its lease is locked by every transaction of effects; so whichever comes
second finds the first. Each is one statement, for all uses of a batch of events, or of a piece of evidence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from records.uses.model import MAX_REFERENCES, Change, Telling, Use
from records.uses.rules import notice_of
from shared.messaging.outbox import Recorded, record_many


async def note_uses(conn: AsyncConnection, uses: Sequence[Use], *, region: str, at: datetime) -> None:
    """These uses are on record. Of evidence that no longer holds already, their departments are told at once.

    Of a department that has `MAX_REFERENCES` for a piece of evidence, further ones under a duty are not noted.
    """
    if uses:
        columns = {name: [getattr(use, name) for use in uses] for name in Use.__slots__}
        rows = await conn.execute(_NOTE_USES, {**columns, "most": MAX_REFERENCES})
        await _tell(conn, [_telling(row, _change(row)) for row in rows], region=region, at=at)


async def note_change(conn: AsyncConnection, change: Change, *, region: str, at: datetime) -> None:
    """This is what last happened to the evidence; every department that used it is told for each of its cases.

    Of a reinstatement only who was told of the withholding. A change that was noted before, or an older one than is
    known, changes nothing and is told to nobody.
    """
    rows = await conn.execute(_NOTE_CHANGE, asdict(change))
    await _tell(conn, [_telling(row, change) for row in rows], region=region, at=at)


async def _tell(conn: AsyncConnection, tellings: Iterable[Telling], *, region: str, at: datetime) -> None:
    notices = [
        Recorded(
            event=notice_of(telling),
            subject=telling.change.evidence,
            version=telling.change.version,
            region=region,
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
    WHERE new.purpose <> 'duty' OR :most > (
        SELECT count(*) FROM (
            SELECT FROM evidence_uses AS known
            WHERE known.evidence = new.evidence AND known.department = new.department LIMIT :most
        ) AS noted_before
    )
    ON CONFLICT (evidence, department, ref) DO NOTHING
    RETURNING evidence, department, ref, purpose, item, told
)
SELECT noted.department, noted.ref, noted.purpose, noted.item, change.*
FROM noted JOIN evidence_changes AS change ON change.evidence = noted.evidence
WHERE noted.told > 0
ORDER BY noted.evidence, noted.department, noted.ref
""")
_NOTE_CHANGE = text("""
WITH noted AS (
    INSERT INTO evidence_changes AS known (evidence, version, change, kind, party, issuer, ground, successor)
    VALUES (:evidence, :version, :change, :kind, :party, :issuer, :ground, :successor)
    ON CONFLICT (evidence) DO UPDATE
    SET version = excluded.version, change = excluded.change, ground = excluded.ground, successor = excluded.successor
    WHERE known.version < excluded.version
    RETURNING evidence, version, change
), told AS (
    UPDATE evidence_uses AS used SET told = noted.version
    FROM noted
    WHERE used.evidence = noted.evidence AND used.told < noted.version
      AND (noted.change <> 'reinstated' OR used.told > 0)
    RETURNING used.department, used.ref, used.purpose, used.item
)
SELECT * FROM told ORDER BY department, ref
""")

"""Evidence that cases wait for. Those who wait and those who bring news meet on the rows of `evidence_heard`.

Each side first upserts the row of a (kind, party), which locks it, and only then looks at what the other has
written. So one of them always sees the other, in whichever order and however close they come.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases.model import State
from licensing.cases.model.tables import case_awaits, case_yields, cases, evidence_heard
from licensing.cases.rules import Wanted


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest evidence of a kind about a party, and when we heard of it."""

    evidence: UUID
    at: datetime


async def hear_or_wait(conn: AsyncConnection, wanted: Collection[Wanted]) -> dict[Wanted, Heard]:
    """What has been heard of these; what has not is waited for, and news of it will wait for this transaction."""
    if not wanted:
        return {}
    # In one order, so that two submissions that wait for the same cannot wait for each other.
    kinds, parties = zip(*sorted(wanted), strict=True)
    rows = await conn.execute(_HEAR_OR_WAIT, {"kinds": list(kinds), "parties": list(parties)})
    return {(row.kind, row.party): Heard(row.evidence, row.heard_at) for row in rows if row.evidence is not None}


async def hear(conn: AsyncConnection, wanted: Wanted, *, evidence: UUID, at: datetime) -> None:
    """This evidence exists; it waits for everybody who is about to wait for it."""
    kind, party = wanted
    statement = insert(evidence_heard).values(kind=kind, party=party, evidence=evidence, heard_at=at)
    new = statement.excluded
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "party"], set_={"evidence": new.evidence, "heard_at": new.heard_at}
        )
    )


async def list_waiting_for(conn: AsyncConnection, wanted: Wanted) -> list[UUID]:
    """The waiting cases that lack it."""
    kind, party = wanted
    statement = (
        select(case_awaits.c.case_id)
        .join(cases, cases.c.id == case_awaits.c.case_id)
        .where(
            case_awaits.c.kind == kind,
            case_awaits.c.party == party,
            case_awaits.c.met_at.is_(None),
            cases.c.state == State.WAITING,
        )
    )
    return list((await conn.execute(statement)).scalars())


async def meet(conn: AsyncConnection, ids: Collection[UUID], wanted: Wanted, *, evidence: UUID, at: datetime) -> None:
    """These cases wait for it no longer."""
    of = case_awaits.c
    kind, party = wanted
    conditions = (of.case_id.in_(ids), of.kind == kind, of.party == party, of.met_at.is_(None))
    await conn.execute(update(case_awaits).where(*conditions).values(met_by=evidence, met_at=at))


async def list_unmet(conn: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, list[Wanted]]:
    """What these cases still wait for; a case that waits for nothing is left out."""
    of = case_awaits.c
    statement = select(of.case_id, of.kind, of.party).where(of.case_id.in_(ids), of.met_at.is_(None))
    found: dict[UUID, list[Wanted]] = {}
    for case, kind, party in await conn.execute(statement):
        found.setdefault(case, []).append((kind, party))
    return found


async def list_awaited(conn: AsyncConnection, case: UUID) -> list[tuple[str, UUID, UUID | None]]:
    """What a case was opened to wait for: kind, party, and the evidence that met it."""
    of = case_awaits.c
    statement = select(of.kind, of.party, of.met_by).where(of.case_id == case).order_by(of.kind, of.party)
    return [(row.kind, row.party, row.met_by) for row in await conn.execute(statement)]


async def list_met(conn: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, dict[Wanted, UUID]]:
    """The evidence that met what these cases waited for."""
    of = case_awaits.c
    statement = select(of.case_id, of.kind, of.party, of.met_by).where(of.case_id.in_(ids), of.met_by.is_not(None))
    found: dict[UUID, dict[Wanted, UUID]] = {id_: {} for id_ in ids}
    for case, kind, party, evidence in await conn.execute(statement):
        found[case][kind, party] = evidence
    return found


async def mark_made(
    conn: AsyncConnection, case: UUID, index: int, wanted: Wanted, *, evidence: UUID, at: datetime
) -> int | None:
    """This result of a case exists; how many of its results do not exist yet. None: it has no such result."""
    of = case_yields.c
    kind, party = wanted
    this = (of.case_id == case, of.index == index, of.kind == kind, of.party == party, of.yielded.is_not(None))
    marked = update(case_yields).where(*this).values(evidence=evidence, made_at=func.coalesce(of.made_at, at))
    if (await conn.execute(marked.returning(of.index))).first() is None:
        return None
    left = select(func.count()).where(of.case_id == case, of.made_at.is_(None))
    return int((await conn.execute(left)).scalar_one())


# Text, because one row or ten must be the same statement: it is prepared once.
_HEAR_OR_WAIT = text("""
INSERT INTO evidence_heard (kind, party)
SELECT kind, party FROM unnest(CAST(:kinds AS text[]), CAST(:parties AS uuid[])) AS wanted (kind, party)
ON CONFLICT (kind, party) DO UPDATE SET kind = excluded.kind
RETURNING kind, party, evidence, heard_at
""")

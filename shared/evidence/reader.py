"""One read of evidence: judge, find, minimise, record. What is returned may leave once the transaction is committed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.events import AccessedEvidence, DataAccessed
from shared.contracts.evidence import Evidence, EvidenceType, Grant, Want
from shared.evidence.errors import GrantRefused
from shared.evidence.model import closed_cases
from shared.evidence.rules import SharingTable, minimised, pairs, refusal
from shared.ids import new_id
from shared.messaging import outbox


@dataclass(frozen=True, slots=True)
class Held:
    """A piece of evidence with all its claims, and the region of its party, by which rules share it."""

    evidence: Evidence
    region: str


# One SQL statement for all wants: parallel arrays of parties and kinds in, everything in force out.
Find = Callable[[AsyncConnection, list[UUID], list[str], datetime], Awaitable[list[Held]]]


@dataclass(frozen=True, slots=True)
class Source:
    """A service's evidence: which type it holds, and how it is found."""

    type: EvidenceType
    find: Find


async def read_evidence(
    conn: AsyncConnection,
    source: Source,
    *,
    grant: Grant,
    wants: list[Want],
    table: SharingTable,
    reader: str | None,
    by: str | None,
    at: datetime,
) -> list[Evidence]:
    """What the source holds of the wants, minimised; `data.accessed` is recorded in the same transaction.

    `reader` is the calling department or service, `by` its officer. Kinds that the source does not hold are left to
    the others. Refuses (GrantRefused) by the grant, of a closed case, and a kind that no rule entitles to.
    """
    reason = refusal(grant, reader=reader, wants=wants, at=at)
    if reason is not None:
        raise GrantRefused(reason)
    kinds = frozenset(kind for kind in grant.kinds if table.kinds.get(kind) == source.type)
    if not all(table.entitles(grant, kind=kind) for want in wants for kind in want.kinds if kind in kinds):
        raise GrantRefused("no-sharing-rule")
    await check_not_closed(conn, grant)
    held = await source.find(conn, *pairs(wants, kinds=kinds), at)
    answer = [
        minimised(each.evidence, allowed)
        for each in held
        if (allowed := table.allowed_attributes(grant, kind=each.evidence.kind, region=each.region)) is not None
    ]
    if answer:
        accessed = tuple(
            AccessedEvidence(party=each.party, kind=each.kind, attributes=tuple(sorted(each.claims)), evidence=each.id)
            for each in answer
        )
        await record_access(conn, accessed, grant=grant, officer=by or grant.officer, at=at)
    return answer


async def check_not_closed(conn: AsyncConnection, grant: Grant) -> None:
    """Refuses (GrantRefused) a grant for a case that is closed: it ends with its case, whatever its expiry."""
    if grant.purpose != "case":
        return
    row = await conn.execute(select(closed_cases.c.case).where(closed_cases.c.case == grant.ref))
    if row.first() is not None:
        raise GrantRefused("case-closed")


async def record_access(
    conn: AsyncConnection,
    accessed: tuple[AccessedEvidence, ...],
    *,
    grant: Grant,
    officer: str | None,
    at: datetime,
) -> None:
    """`data.accessed` is told for the parties to see: by whom this was read, for what, under which grant."""
    event = DataAccessed(
        reader=grant.sub,
        officer=officer,
        purpose=grant.purpose,
        ref=grant.ref,
        items=grant.items,
        region=grant.region,
        accessed=accessed,
        duty=grant.duty,
        basis=grant.basis,
    )
    await outbox.record(conn, event, subject=new_id(), version=1, region=grant.region, kind=grant.purpose, at=at)

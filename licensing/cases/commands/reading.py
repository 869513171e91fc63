"""Looking at a case. An officer who opens its file reads people's data, and they can see that (`data.accessed`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import queries
from licensing.cases.errors import CaseNotFound, NotDecided
from licensing.cases.model import Actor, Case
from licensing.cases.model.states import TOLD_IN_WRITING
from licensing.cases.permissions import may_act
from licensing.cases.rules import known_values
from licensing.planning.model import Element
from shared.contracts.events import AccessedEvidence, DataAccessed
from shared.contracts.yields import CaseYield
from shared.ids import new_id
from shared.messaging import outbox


@dataclass(frozen=True)
class CaseFile:
    """A case with everything that its officer works on."""

    case: Case
    awaited: Sequence[tuple[str, UUID, UUID | None]]
    acts: Sequence[queries.ActDone]
    known: Mapping[Element, JsonValue]


async def look(conn: AsyncConnection, case: UUID, *, by: Actor) -> Case:
    """The case as it is now; `CaseNotFound` for whoever may not act on it."""
    found = await queries.find(conn, case)
    if found is None or not may_act(by, found):
        raise CaseNotFound
    return found


async def open_file(conn: AsyncConnection, case: UUID, *, by: Actor, at: datetime) -> CaseFile:
    """The file of a case for its officer. What it holds of evidence is on record as read, in this transaction."""
    found = await look(conn, case, by=by)
    await _record_access(conn, found, by=by, at=at)
    upstream = await queries.list_upstream_yields(conn, found)
    return CaseFile(
        case=found,
        awaited=await queries.list_awaited(conn, case),
        acts=await queries.list_acts(conn, case),
        known=known_values(found.planned, answers=found.answers, upstream=upstream),
    )


async def _record_access(conn: AsyncConnection, case: Case, *, by: Actor, at: datetime) -> None:
    accessed = _evidence_in(case)
    if not accessed:
        return
    event = DataAccessed(
        reader=case.department,
        officer=str(by.id) if by.id else None,
        purpose="case",
        ref=case.id,
        items=(case.item,),
        region=case.region,
        accessed=accessed,
    )
    await outbox.record(conn, event, subject=new_id(), version=1, region=case.region, kind="case", at=at)


def _evidence_in(case: Case) -> tuple[AccessedEvidence, ...]:
    shown: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for field in case.planned.fields:
        element = Element.parse(field.element)
        kind = field.source.evidence_kind if field.source and field.source.kind == "evidence" else None
        if kind is not None and element.role in case.planned.roles:
            shown[case.planned.roles[element.role], kind].append(element.attribute)
    return tuple(
        AccessedEvidence(party=party, kind=kind, attributes=tuple(sorted(attributes)))
        for (party, kind), attributes in shown.items()
    )


async def list_notices(conn: AsyncConnection, case: UUID, *, by: Actor) -> tuple[Case, list[queries.ActDone]]:
    """What the applicant was told in writing about their case, oldest first."""
    found = await look(conn, case, by=by)
    return found, [act for act in await queries.list_acts(conn, case) if act.act in TOLD_IN_WRITING]


async def get_yield(conn: AsyncConnection, case: UUID) -> CaseYield:
    """The frozen result of a decided case, for the services that make certificates and records of it."""
    found = await queries.find(conn, case)
    if found is None:
        raise CaseNotFound
    if found.outcome is None or found.decided_on is None or found.digest is None:
        raise NotDecided
    return CaseYield(
        case=found.id,
        application=found.application,
        item=found.item,
        department=found.department,
        department_name=found.planned.department_name,
        issuer_uscc=found.planned.issuer_uscc,
        region=found.region,
        decided_on=found.decided_on,
        outcome=found.outcome,
        yields=await queries.get_yields(conn, case),
        digest=found.digest,
    )

"""How a case begins: opened with its application, and received at once or when what it waits for exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar.rules import Deadline
from licensing.cases import queries
from licensing.cases.commands.changing import Office, about, act_row, change, recorded, tell
from licensing.cases.commands.clocks import acceptance_deadline, watch_acceptance
from licensing.cases.commands.deciding import conclude_when_made
from licensing.cases.commands.using import use_awaited, used_at_opening
from licensing.cases.model import (
    PLATFORM,
    Act,
    Actor,
    ApplicationFacts,
    Awaited,
    Case,
    CaseSummary,
    PlannedCase,
    State,
)
from licensing.cases.queries import Heard
from licensing.cases.rules import ONLINE, ORDINARY_LEGAL_DAYS, Wanted, case_number
from shared.clock import legal_date
from shared.contracts.events import CaseReceived, CaseWaiting
from shared.ids import new_id
from shared.messaging.outbox import record_many

# Clocks of our own processes differ by less. Evidence heard of so shortly before the plan was made, yet not used by
# it, does no harm; a wake-up lost would.
CLOCK_TOLERANCE = timedelta(seconds=60)


async def open_cases(
    conn: AsyncConnection,
    application: ApplicationFacts,
    planned: Sequence[PlannedCase],
    *,
    at: datetime,
    zone: str,
) -> list[CaseSummary]:
    """One case for each planned item, in the order of the plan: received, or waiting for what others are to yield.

    Items that may run in parallel are received together (Z-REG Art 5). Evidence that arrived after the plan's was
    read meets a wait at once. Records `case.received` or `case.waiting` for each, and `evidence.used`.
    """
    wanted = {_wanted(need) for plan in planned for need in plan.waits_for}
    since = application.evidence_at - CLOCK_TOLERANCE
    heard = {want: news for want, news in (await queries.hear_or_wait(conn, wanted)).items() if news.at >= since}
    deadline = await acceptance_deadline(conn, legal_date(at, zone))
    serials = await queries.next_serials(conn, len(planned))
    # Ascending, so that a case is always locked before those that wait for it.
    ids = sorted(new_id() for _ in planned)
    cases = [
        _opened(id_, application, plan, serial=serial, heard=heard, deadline=deadline, at=at, zone=zone)
        for id_, plan, serial in zip(ids, planned, serials, strict=True)
    ]
    await _insert(conn, cases, heard=heard)
    await _begin(conn, cases, heard=heard, at=at, zone=zone)
    return [CaseSummary.of_opened(case) for case in cases]


def _wanted(need: Awaited) -> Wanted:
    return need.kind, need.party


def _lacks(plan: PlannedCase, heard: dict[Wanted, Heard]) -> list[str]:
    return [need.kind for need in plan.waits_for if _wanted(need) not in heard]


def _opened(
    id_: UUID,
    application: ApplicationFacts,
    plan: PlannedCase,
    *,
    serial: int,
    heard: dict[Wanted, Heard],
    deadline: Deadline,
    at: datetime,
    zone: str,
) -> Case:
    waiting = bool(_lacks(plan, heard))
    on = legal_date(at, zone)
    return Case(
        id=id_,
        number=case_number(region=plan.region, department=plan.department, channel=ONLINE, on=on, serial=serial),
        version=1,
        state=State.WAITING if waiting else State.RECEIVED,
        application=application.id,
        application_number=application.number,
        applicant=application.applicant,
        thing=application.thing,
        item=plan.item,
        department=plan.department,
        region=plan.region,
        release=plan.release,
        plan=plan.model_dump(mode="json"),
        opened_at=at,
        received_at=None if waiting else at,
        acceptance_due_on=None if waiting else deadline.on,
        provisional=not waiting and deadline.provisional,
        promised_days=plan.promised_days,
        legal_days=ORDINARY_LEGAL_DAYS if plan.legal_days is None else plan.legal_days,
    )


async def _insert(conn: AsyncConnection, cases: Sequence[Case], *, heard: dict[Wanted, Heard]) -> None:
    awaits = [_await_row(case, need, heard.get(_wanted(need))) for case in cases for need in case.planned.waits_for]
    yields = [
        {"case_id": case.id, "index": result.index, "kind": result.kind, "party": result.party}
        for case in cases
        for result in case.planned.yields
    ]
    await queries.insert_cases(conn, cases, awaits=awaits, yields=yields)


def _await_row(case: Case, need: Awaited, news: Heard | None) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "kind": need.kind,
        "party": need.party,
        "met_by": news.evidence if news else None,
        "met_at": case.opened_at if news else None,
    }


async def _begin(
    conn: AsyncConnection, cases: Sequence[Case], *, heard: dict[Wanted, Heard], at: datetime, zone: str
) -> None:
    received = [case for case in cases if case.state is State.RECEIVED]
    by = [Actor("applicant", case.applicant) for case in received]
    await queries.add_acts(
        conn, [act_row(case, Act.RECEIVE, by=who, at=at) for case, who in zip(received, by, strict=True)]
    )
    for case in received:
        await watch_acceptance(conn, case, zone=zone)
    known = {want: news.evidence for want, news in heard.items()}
    begun = [recorded(case, _beginning(case, heard), at=at) for case in cases]
    await record_many(conn, [*begun, *used_at_opening(cases, heard=known, at=at)])


def _beginning(case: Case, heard: dict[Wanted, Heard]) -> CaseReceived | CaseWaiting:
    if case.state is State.RECEIVED:
        return CaseReceived(**about(case))
    return CaseWaiting(**about(case), waits_for=tuple(sorted(set(_lacks(case.planned, heard)))))


@dataclass(frozen=True, slots=True)
class Arrived:
    """Evidence that now exists; `case` and `index` say of which decision it was made, if of one."""

    evidence: UUID
    kind: str
    party: UUID
    case: UUID | None = None
    index: int | None = None


async def evidence_arrived(conn: AsyncConnection, news: Arrived, *, at: datetime, office: Office) -> None:
    """Cases that waited for nothing else are received now, and stand on it (`evidence.used`).

    The case that it was made of concludes with its last. Safe to repeat, and in any order with `open_cases`.
    """
    wanted: Wanted = (news.kind, news.party)
    await queries.hear(conn, wanted, evidence=news.evidence, at=at)
    waiting = await queries.list_waiting_for(conn, wanted)
    taken = {case.id: case for case in await queries.lock(conn, {*waiting, *([news.case] if news.case else [])})}
    await queries.meet(conn, waiting, wanted, evidence=news.evidence, at=at)
    unmet = await queries.list_unmet(conn, waiting)
    met = [taken[id_] for id_ in sorted(set(waiting) - set(unmet)) if taken[id_].state is State.WAITING]
    await use_awaited(conn, [await receive(conn, case, at=at, zone=office.zone) for case in met], at=at)
    source = taken.get(news.case) if news.case else None
    if source is not None and news.index is not None:
        await conclude_when_made(conn, source, news.index, wanted, evidence=news.evidence, at=at, office=office)


async def receive(conn: AsyncConnection, case: Case, *, at: datetime, zone: str) -> Case:
    """A waiting case is received, and its department's time to accept it begins (Z-REG Art 5)."""
    deadline = await acceptance_deadline(conn, legal_date(at, zone))
    received = await change(
        conn,
        case,
        Act.RECEIVE,
        by=PLATFORM,
        at=at,
        received_at=at,
        acceptance_due_on=deadline.on,
        provisional=deadline.provisional,
    )
    await watch_acceptance(conn, received, zone=zone)
    await tell(conn, received, CaseReceived(**about(received)), at=at)
    return received

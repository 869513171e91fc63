"""From receipt to acceptance: assignment, the one correction notice, refusal, acceptance by act or by silence."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases.commands.changing import Office, about, change, take, tell
from licensing.cases.commands.clocks import (
    ACCEPTANCE_DUE,
    CORRECTION_DUE,
    acceptance_deadline,
    decision_clocks,
    stop_watching,
    watch_acceptance,
    watch_correction,
    watch_decision,
)
from licensing.cases.commands.ending import ended_without_result
from licensing.cases.model import PLATFORM, Act, Actor, Case, Requirement, State
from licensing.cases.rules import check_correction, check_notice, next_state
from shared.clock import legal_date
from shared.contracts.events import (
    CaseAccepted,
    CaseCorrectionRequested,
    CaseReceived,
    CaseRefused,
    CaseWithdrawn,
)


async def assign(conn: AsyncConnection, case: UUID, *, by: Actor, officer: UUID, at: datetime) -> Case:
    """The case has a named officer (ALL Art 34). No event: who works on it is the department's affair."""
    taken = await take(conn, case, by=by)
    details: dict[str, JsonValue] = {"officer": str(officer)}
    return await change(conn, taken, Act.ASSIGN, by=by, at=at, details=details, officer=officer)


async def accept(conn: AsyncConnection, case: UUID, *, by: Actor, at: datetime, zone: str) -> Case:
    """The application is complete: both clocks start. Records `case.accepted`."""
    taken = await take(conn, case, by=by)
    return await _accepted(conn, taken, Act.ACCEPT, by=by, at=at, as_of=at, zone=zone)


async def deem_accepted(conn: AsyncConnection, case: UUID, *, at: datetime, zone: str) -> None:
    """Five working days passed in silence: accepted as of the receipt (ALL Art 32). Nothing if it was not silence."""
    taken = await take(conn, case, by=PLATFORM)
    if taken.state is State.RECEIVED:
        as_of = taken.corrected_at or taken.received_at or at
        await _accepted(conn, taken, Act.DEEM_ACCEPTED, by=PLATFORM, at=at, as_of=as_of, zone=zone)


async def _accepted(
    conn: AsyncConnection, case: Case, act: Act, *, by: Actor, at: datetime, as_of: datetime, zone: str
) -> Case:
    next_state(case.state, act)
    accepted_on = legal_date(as_of, zone)
    due = await decision_clocks(conn, case, accepted_on=accepted_on)
    accepted = await change(
        conn,
        case,
        act,
        by=by,
        at=at,
        accepted_at=as_of,
        accepted_on=accepted_on,
        deemed_accepted=act is Act.DEEM_ACCEPTED,
        promised_on=due.promised_on,
        legal_on=due.legal_on,
        provisional=due.provisional,
    )
    await stop_watching(conn, accepted, ACCEPTANCE_DUE)
    await watch_decision(conn, accepted, zone=zone)
    event = CaseAccepted(
        **about(accepted),
        promised_on=due.promised_on,
        legal_on=due.legal_on,
        provisional=due.provisional,
        deemed=accepted.deemed_accepted,
    )
    await tell(conn, accepted, event, at=at)
    return accepted


async def request_correction(
    conn: AsyncConnection,
    case: UUID,
    *,
    by: Actor,
    requirements: Sequence[Requirement],
    due_on: date,
    at: datetime,
    zone: str,
) -> Case:
    """The applicant is told, once, all that is missing or wrong and by which day (Z-REG Art 11).

    Refuses a second notice, what the guide does not ask for, and a day that does not lie ahead. Records
    `case.correction-requested`.
    """
    taken = await take(conn, case, by=by)
    next_state(taken.state, Act.REQUEST_CORRECTION)
    asked = [requirement.element for requirement in requirements]
    check_notice(taken, elements=asked, due_on=due_on, today=legal_date(at, zone))
    notice: list[JsonValue] = [requirement.model_dump(mode="json") for requirement in requirements]
    noticed = await change(
        conn,
        taken,
        Act.REQUEST_CORRECTION,
        by=by,
        at=at,
        details={"requirements": notice, "due_on": due_on.isoformat()},
        correction_asked=notice,
        correction_due_on=due_on,
    )
    await stop_watching(conn, noticed, ACCEPTANCE_DUE)
    await watch_correction(conn, noticed, zone=zone)
    await tell(conn, noticed, CaseCorrectionRequested(**about(noticed), due_on=due_on), at=at)
    return noticed


async def correct(
    conn: AsyncConnection, case: UUID, *, by: Actor, answers: Mapping[str, JsonValue], at: datetime, zone: str
) -> Case:
    """The applicant answers the notice, and the department examines the case anew.

    Refuses answers to anything but what was asked, answers of the wrong form, and answers after the last day.
    Records `case.received`.
    """
    taken = await take(conn, case, by=by)
    next_state(taken.state, Act.CORRECT)
    today = legal_date(at, zone)
    check_correction(taken, answers=answers, today=today)
    deadline = await acceptance_deadline(conn, today)
    corrected = await change(
        conn,
        taken,
        Act.CORRECT,
        by=by,
        at=at,
        details={"elements": [*sorted(answers)]},
        corrections={**taken.corrections, **answers},
        corrected_at=at,
        acceptance_due_on=deadline.on,
        provisional=deadline.provisional,
    )
    await stop_watching(conn, corrected, CORRECTION_DUE)
    await watch_acceptance(conn, corrected, zone=zone)
    await tell(conn, corrected, CaseReceived(**about(corrected)), at=at)
    return corrected


async def lapse(conn: AsyncConnection, case: UUID, *, at: datetime, office: Office) -> None:
    """Not corrected in time: deemed withdrawn (Z-REG Art 11). Nothing if it was. Records `case.withdrawn`."""
    taken = await take(conn, case, by=PLATFORM)
    if taken.state is State.CORRECTION_REQUESTED:
        lapsed = await change(conn, taken, Act.LAPSE, by=PLATFORM, at=at)
        await tell(conn, lapsed, CaseWithdrawn(**about(lapsed)), at=at)
        await ended_without_result(conn, lapsed, at=at, office=office)


async def refuse(
    conn: AsyncConnection, case: UUID, *, by: Actor, reasons: str, remedies: str, at: datetime, office: Office
) -> Case:
    """Not accepted, with written reasons (ALL Art 32). What needs its result is blocked. Records `case.refused`."""
    taken = await take(conn, case, by=by)
    refused = await change(conn, taken, Act.REFUSE, by=by, at=at, details={"reasons": reasons, "remedies": remedies})
    await tell(conn, refused, CaseRefused(**about(refused)), at=at)
    await ended_without_result(conn, refused, at=at, office=office)
    return refused

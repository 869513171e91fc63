"""Clocks that stand still, that are moved once, and that run out."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar import queries as calendar
from licensing.cases import queries
from licensing.cases.commands.changing import about, change, take, tell
from licensing.cases.commands.clocks import (
    DECISION_DUE,
    acceptance_deadline,
    decision_clocks,
    stop_watching,
    watch_acceptance,
    watch_decision,
)
from licensing.cases.model import PLATFORM, Act, Actor, Case, State
from licensing.cases.rules import SuspensionGround, check_extension, next_state
from shared.clock import legal_date
from shared.contracts.events import CaseExtended, CaseOverdue, CaseResumed, CaseSuspended


async def suspend(
    conn: AsyncConnection,
    case: UUID,
    *,
    by: Actor,
    ground: SuspensionGround,
    legal_basis: str,
    expected_days: int,
    at: datetime,
    zone: str,
) -> Case:
    """The clocks stand still for what the law does not count (ALL Art 45). Records `case.suspended`."""
    taken = await take(conn, case, by=by)
    details: dict[str, JsonValue] = {"ground": ground, "legal_basis": legal_basis, "expected_days": expected_days}
    suspended = await change(conn, taken, Act.SUSPEND, by=by, at=at, details=details)
    number = len(await queries.list_suspensions(conn, case)) + 1
    row = {"case_id": case, "number": number, **details, "from_on": legal_date(at, zone)}
    await queries.start_suspension(conn, row)
    await stop_watching(conn, suspended, DECISION_DUE)
    await tell(conn, suspended, CaseSuspended(**about(suspended)), at=at)
    return suspended


async def resume(conn: AsyncConnection, case: UUID, *, by: Actor, at: datetime, zone: str) -> Case:
    """The clocks run again, both moved by the working days that they stood still. Records `case.resumed`."""
    taken = await take(conn, case, by=by)
    next_state(taken.state, Act.RESUME)
    await queries.end_suspension(conn, case, until_on=legal_date(at, zone))
    resumed = await _recounted(conn, taken, Act.RESUME, by=by, at=at, zone=zone)
    assert resumed.promised_on is not None
    assert resumed.legal_on is not None
    event = CaseResumed(**about(resumed), promised_on=resumed.promised_on, legal_on=resumed.legal_on)
    await tell(conn, resumed, event, at=at)
    return resumed


async def extend(
    conn: AsyncConnection,
    case: UUID,
    *,
    by: Actor,
    days: int,
    reason: str,
    approved_by: UUID,
    at: datetime,
    zone: str,
) -> Case:
    """The legal limit is moved once, with its head's approval (ALL Art 42); the promise stays. `case.extended`."""
    taken = await take(conn, case, by=by)
    next_state(taken.state, Act.EXTEND)
    check_extension(taken, today=legal_date(at, zone))
    extended = await _recounted(
        conn,
        replace(taken, extended_days=days),
        Act.EXTEND,
        by=by,
        at=at,
        zone=zone,
        details={"days": days, "reason": reason, "approved_by": str(approved_by)},
    )
    assert extended.legal_on is not None
    await tell(conn, extended, CaseExtended(**about(extended), legal_on=extended.legal_on), at=at)
    return extended


async def _recounted(
    conn: AsyncConnection,
    case: Case,
    act: Act,
    *,
    by: Actor,
    at: datetime,
    zone: str,
    details: dict[str, JsonValue] | None = None,
) -> Case:
    assert case.accepted_on is not None
    due = await decision_clocks(conn, case, accepted_on=case.accepted_on)
    changed = await change(
        conn,
        case,
        act,
        by=by,
        at=at,
        details=details,
        extended_days=case.extended_days,
        promised_on=due.promised_on,
        legal_on=due.legal_on,
        provisional=due.provisional,
    )
    await watch_decision(conn, changed, zone=zone)
    return changed


async def fall_overdue(conn: AsyncConnection, case: UUID, *, at: datetime) -> None:
    """The limit that binds has passed without a decision. Records `case.overdue`, once for each case."""
    taken = await take(conn, case, by=PLATFORM)
    if taken.state is State.ACCEPTED and taken.overdue_at is None:
        overdue = await change(conn, taken, Act.FALL_OVERDUE, by=PLATFORM, at=at, overdue_at=at)
        assert overdue.promised_on is not None
        await tell(conn, overdue, CaseOverdue(**about(overdue), promised_on=overdue.promised_on), at=at)


async def recount(conn: AsyncConnection, *, zone: str) -> None:
    """A year of the calendar was loaded: every clock that runs is counted again over what is published now.

    A suspended case is counted when it resumes.
    """
    await calendar.own_counting(conn)
    for case in await queries.lock_clocked(conn):
        if case.state is State.RECEIVED:
            await _recount_acceptance(conn, case, zone=zone)
        else:
            await _recount_decision(conn, case, zone=zone)


async def _recount_acceptance(conn: AsyncConnection, case: Case, *, zone: str) -> None:
    received_at = case.corrected_at or case.received_at
    assert received_at is not None
    due = await acceptance_deadline(conn, legal_date(received_at, zone))
    counted = replace(case, acceptance_due_on=due.on, provisional=due.provisional)
    if counted != case:
        await queries.store(conn, case.id, {"acceptance_due_on": due.on, "provisional": due.provisional})
        await watch_acceptance(conn, counted, zone=zone)


async def _recount_decision(conn: AsyncConnection, case: Case, *, zone: str) -> None:
    assert case.accepted_on is not None
    due = await decision_clocks(conn, case, accepted_on=case.accepted_on)
    counted = replace(case, promised_on=due.promised_on, legal_on=due.legal_on, provisional=due.provisional)
    if counted != case:
        values = {"promised_on": due.promised_on, "legal_on": due.legal_on, "provisional": due.provisional}
        await queries.store(conn, case.id, values)
        await watch_decision(conn, counted, zone=zone)

"""Deadlines of a case counted over the administered calendar, and the timers that watch them."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar import queries as calendar
from licensing.calendar.rules import Deadline, KnownDays, add_working_days
from licensing.cases import queries
from licensing.cases.model import Case
from licensing.cases.rules import DAYS_TO_ACCEPT, Clocks, Pause, clocks
from shared.clock import end_of
from shared.timers import cancel_timer, set_timer

ACCEPTANCE_DUE = "case.acceptance-due"
CORRECTION_DUE = "case.correction-due"
DECISION_DUE = "case.decision-due"
EVERY_DEADLINE = (ACCEPTANCE_DUE, CORRECTION_DUE, DECISION_DUE)

Counted = TypeVar("Counted", Deadline, Clocks)


async def acceptance_deadline(conn: AsyncConnection, received_on: date) -> Deadline:
    """The last day on which a received case is accepted, refused or sent back once (ALL Art 32)."""

    def count(known: KnownDays) -> Deadline:
        return add_working_days(received_on, DAYS_TO_ACCEPT, known=known)

    return await _settled(conn, count, first=received_on, days=DAYS_TO_ACCEPT)


async def decision_clocks(conn: AsyncConnection, case: Case, *, accepted_on: date) -> Clocks:
    """Both deadlines of an accepted case, with what it was suspended and extended."""
    suspensions = await queries.list_suspensions(conn, case.id) if case.accepted_at is not None else []
    pauses = [Pause(s.from_on, s.until_on) for s in suspensions if s.until_on is not None]
    extended = case.extended_days or 0

    def count(known: KnownDays) -> Clocks:
        return clocks(
            accepted_on,
            promised_days=case.promised_days,
            legal_days=case.legal_days,
            extended_days=extended,
            pauses=pauses,
            known=known,
        )

    paused = sum((pause.until_on - pause.from_on).days for pause in pauses)
    days = max(case.promised_days, case.legal_days + extended) + paused
    return await _settled(conn, count, first=accepted_on, days=days)


async def _settled(conn: AsyncConnection, count: Callable[[KnownDays], Counted], *, first: date, days: int) -> Counted:
    counted = count(await calendar.known_days(conn, first=first, days=days))
    if not counted.provisional:
        return counted
    # A recount may be under way: wait for it, or make it wait for us, and count what is published by then.
    await calendar.share_counting(conn)
    return count(await calendar.known_days(conn, first=first, days=days))


async def watch_acceptance(conn: AsyncConnection, case: Case, *, zone: str) -> None:
    """Silence until the end of that day accepts the case."""
    assert case.acceptance_due_on is not None
    await _watch(conn, case, ACCEPTANCE_DUE, case.acceptance_due_on, zone=zone)


async def watch_correction(conn: AsyncConnection, case: Case, *, zone: str) -> None:
    """Silence until the end of that day withdraws the case."""
    assert case.correction_due_on is not None
    await _watch(conn, case, CORRECTION_DUE, case.correction_due_on, zone=zone)


async def watch_decision(conn: AsyncConnection, case: Case, *, zone: str) -> None:
    """The case falls overdue when the limit that binds has passed."""
    assert case.promised_on is not None
    assert case.legal_on is not None
    binding_on = Clocks(case.promised_on, case.legal_on, case.provisional).binding_on
    await _watch(conn, case, DECISION_DUE, binding_on, zone=zone)


async def _watch(conn: AsyncConnection, case: Case, kind: str, last_day: date, *, zone: str) -> None:
    await set_timer(conn, kind=kind, subject=case.id, due_at=end_of(last_day, zone))


async def stop_watching(conn: AsyncConnection, case: Case, *deadlines: str) -> None:
    """These deadlines of the case no longer matter."""
    for kind in deadlines:
        await cancel_timer(conn, kind=kind, subject=case.id)

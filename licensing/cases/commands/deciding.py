"""From acceptance to the end: suspension, extension, the decision with its frozen result, conclusion, rating."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import queries
from licensing.cases.commands.changing import Office, about, change, take, tell
from licensing.cases.commands.clocks import DECISION_DUE, stop_watching
from licensing.cases.commands.ending import ended_without_result
from licensing.cases.model import PLATFORM, Act, Actor, Case, Outcome, State
from licensing.cases.rules import Wanted, check_denial, frozen_yields, known_values, next_state
from shared.clock import legal_date
from shared.contracts.events import CaseConcluded, CaseDecided, RatingGiven, YieldedKind
from shared.contracts.yields import Yielded, yields_digest


async def decide(
    conn: AsyncConnection,
    case: UUID,
    *,
    by: Actor,
    outcome: Outcome,
    claims: Mapping[int, Mapping[str, JsonValue]],
    reasons: str | None,
    remedies: str | None,
    at: datetime,
    office: Office,
) -> Case:
    """The written decision. Granted: the results are frozen, and their digest binds whatever is issued of them.

    Refuses a denial without reasons and remedies (ALL Art 38), and results with unknown or missing claims. Records
    `case.decided`; a case without results concludes at once, and a denial blocks what needed them.
    """
    taken = await take(conn, case, by=by)
    next_state(taken.state, Act.DECIDE)
    decided_on = legal_date(at, office.zone)
    if outcome == "denied":
        check_denial(reasons=reasons, remedies=remedies)
        frozen: tuple[Yielded, ...] = ()
    else:
        upstream = await queries.list_upstream_yields(conn, taken)
        known = known_values(taken.planned, answers=taken.answers, upstream=upstream)
        frozen = frozen_yields(taken.planned, known=known, stated=claims, decided_on=decided_on)
    digest = yields_digest(frozen)
    decided = await change(
        conn,
        taken,
        Act.DECIDE,
        by=by,
        at=at,
        details={"outcome": outcome, "reasons": reasons, "remedies": remedies, "digest": digest},
        outcome=outcome,
        decided_at=at,
        decided_on=decided_on,
        digest=digest,
    )
    await queries.store_yields(conn, decided.id, frozen)
    await stop_watching(conn, decided, DECISION_DUE)
    kinds = tuple(YieldedKind(index=y.index, type=y.type, kind=y.kind, party=y.party) for y in frozen)
    await tell(conn, decided, CaseDecided(**about(decided), outcome=outcome, yields=kinds, digest=digest), at=at)
    return decided if frozen else await _conclude(conn, decided, at=at, office=office)


async def conclude_when_made(
    conn: AsyncConnection,
    case: Case,
    index: int,
    wanted: Wanted,
    *,
    evidence: UUID,
    at: datetime,
    office: Office,
) -> None:
    """This result of the case exists now; with the last of them the case concludes."""
    left = await queries.mark_made(conn, case.id, index, wanted, evidence=evidence, at=at)
    if left == 0 and case.state is State.DECIDED:
        await _conclude(conn, case, at=at, office=office)


async def _conclude(conn: AsyncConnection, case: Case, *, at: datetime, office: Office) -> Case:
    assert case.outcome is not None
    concluded = await change(conn, case, Act.CONCLUDE, by=PLATFORM, at=at)
    await tell(conn, concluded, CaseConcluded(**about(concluded), outcome=case.outcome), at=at)
    if case.outcome == "denied":
        await ended_without_result(conn, concluded, at=at, office=office)
    else:
        await office.case_ended(conn, concluded.application, at)
    return concluded


async def rate(conn: AsyncConnection, case: UUID, *, by: Actor, grade: int, comment: str | None, at: datetime) -> Case:
    """The applicant's rating, once, after the conclusion; 1 is best (GB/T 39046). Records `rating.given`."""
    taken = await take(conn, case, by=by)
    next_state(taken.state, Act.RATE)
    await queries.add_rating(conn, case, grade=grade, comment=comment, by=taken.applicant, at=at)
    rated = await change(conn, taken, Act.RATE, by=by, at=at, details={"grade": grade})
    event = RatingGiven(case=rated.id, item=rated.item, department=rated.department, grade=grade)
    await tell(conn, rated, event, at=at)
    return rated

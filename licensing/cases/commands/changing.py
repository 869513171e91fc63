"""What every command on a case shares: taking it, changing its state with the act beside it, telling of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import queries
from licensing.cases.errors import CaseNotFound
from licensing.cases.model import ENDED, Act, Actor, Case
from licensing.cases.permissions import may_act
from licensing.cases.rules import next_state
from shared.ids import new_id
from shared.messaging.envelope import EventContract
from shared.messaging.outbox import Recorded, record_many

CaseEnded = Callable[[AsyncConnection, UUID, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Office:
    """The zone in which legal days are counted, and who is told, in the same transaction, that a case has ended."""

    zone: str
    case_ended: CaseEnded


async def take(conn: AsyncConnection, case: UUID, *, by: Actor) -> Case:
    """The case, ours until the transaction ends; `CaseNotFound` for whoever may not act on it."""
    taken = await queries.lock(conn, [case])
    if not taken or not may_act(by, taken[0]):
        raise CaseNotFound
    return taken[0]


async def change(
    conn: AsyncConnection,
    case: Case,
    act: Act,
    *,
    by: Actor,
    at: datetime,
    details: dict[str, JsonValue] | None = None,
    **values: Any,
) -> Case:
    """The case after the act, stored with who did it; refuses what the table of states does not allow."""
    state = next_state(case.state, act)
    if state in ENDED and case.ended_at is None:
        values["ended_at"] = at
    changed = replace(case, state=state, version=case.version + 1, **values)
    await queries.store(conn, case.id, {"state": state, "version": changed.version, **values})
    await queries.add_acts(conn, [act_row(changed, act, by=by, at=at, details=details)])
    return changed


def act_row(
    case: Case, act: Act, *, by: Actor, at: datetime, details: dict[str, JsonValue] | None = None
) -> dict[str, Any]:
    """The line that remembers an act."""
    return {
        "id": new_id(),
        "case_id": case.id,
        "act": act,
        "state": case.state,
        "by_kind": by.kind,
        "by": str(by.id) if by.id else None,
        "at": at,
        "details": details or {},
    }


def about(case: Case) -> dict[str, Any]:
    """What all events of a case say."""
    return {
        "case": case.id,
        "application": case.application,
        "item": case.item,
        "department": case.department,
        "state": str(case.state),
    }


def recorded(case: Case, event: EventContract, *, at: datetime) -> Recorded:
    """An event of the case, under the topic of its item and region."""
    return Recorded(event=event, subject=case.id, version=case.version, region=case.region, kind=case.item, at=at)


async def tell(conn: AsyncConnection, case: Case, event: EventContract, *, at: datetime) -> None:
    """Record the event with the change that it tells of."""
    await record_many(conn, [recorded(case, event, at=at)])

"""Questions about cases. Whoever locks several locks them in the order of their ids."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, false, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases.model import Actor, Case, CaseSummary, Result, State
from licensing.cases.model.tables import case_acts, case_suspensions, case_yields, cases
from shared.contracts.yields import Yielded
from shared.regions import significant

_SUMMARY = [cases.c[field.name] for field in fields(CaseSummary) if field.name != "results"]
_CLOCKED = (State.RECEIVED, State.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Suspension:
    """One row of `case_suspensions`; `until_on` None: it lasts."""

    number: int
    from_on: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class ActDone:
    """One row of `case_acts`."""

    act: str
    state: str
    by_kind: str
    by: str | None
    at: datetime
    details: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class OpenCases:
    """How many cases have not ended: in each state, and of all of them those that are late."""

    by_state: dict[State, int]
    overdue: int


def _case(row: Mapping[Any, Any]) -> Case:
    return Case(**{**row, "state": State(row["state"])})


def _summary(row: Mapping[Any, Any], results: Sequence[Result] = ()) -> CaseSummary:
    return CaseSummary(**{**row, "state": State(row["state"])}, results=tuple(results))


# --- one case ---------------------------------------------------------------------------------------------------


async def find(conn: AsyncConnection, case: UUID) -> Case | None:
    """The case as it is committed now."""
    row = (await conn.execute(select(cases).where(cases.c.id == case))).mappings().first()
    return _case(row) if row else None


async def lock(conn: AsyncConnection, ids: Collection[UUID]) -> list[Case]:
    """These cases, each ours until the transaction ends."""
    if not ids:
        return []
    statement = select(cases).where(cases.c.id.in_(ids)).order_by(cases.c.id).with_for_update()
    return [_case(row) for row in (await conn.execute(statement)).mappings()]


async def list_suspensions(conn: AsyncConnection, case: UUID) -> list[Suspension]:
    """Its suspensions, oldest first."""
    of = case_suspensions.c
    statement = select(of.number, of.from_on, of.until_on).where(of.case_id == case).order_by(of.number)
    return [Suspension(**row) for row in (await conn.execute(statement)).mappings()]


async def list_acts(conn: AsyncConnection, case: UUID) -> list[ActDone]:
    """Who did what, oldest first."""
    of = case_acts.c
    columns = [of[field.name] for field in fields(ActDone)]
    statement = select(*columns).where(of.case_id == case).order_by(of.at, of.id)
    return [ActDone(**row) for row in (await conn.execute(statement)).mappings()]


async def get_yields(conn: AsyncConnection, case: UUID) -> tuple[Yielded, ...]:
    """The frozen result; empty before a decision and after a denial."""
    of = case_yields.c
    statement = select(of.yielded).where(of.case_id == case, of.yielded.is_not(None)).order_by(of.index)
    return tuple(Yielded.model_validate(value) for value in (await conn.execute(statement)).scalars())


# --- the cases of an application --------------------------------------------------------------------------------


async def find_application_of(conn: AsyncConnection, case: UUID) -> UUID | None:
    """The application that the case is a part of."""
    return (await conn.execute(select(cases.c.application).where(cases.c.id == case))).scalar()


async def lock_application(conn: AsyncConnection, application: UUID) -> list[Case]:
    """All cases of an application, in the order of its plan."""
    statement = select(cases).where(cases.c.application == application).order_by(cases.c.id).with_for_update()
    return [_case(row) for row in (await conn.execute(statement)).mappings()]


async def list_of_application(conn: AsyncConnection, application: UUID) -> list[CaseSummary]:
    """The cases of an application with what came of them, in the order of its plan."""
    statement = select(*_SUMMARY).where(cases.c.application == application).order_by(cases.c.id)
    rows = (await conn.execute(statement)).mappings().all()
    results = await _results(conn, [row["id"] for row in rows])
    return [_summary(row, results.get(row["id"], [])) for row in rows]


async def _results(conn: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, list[Result]]:
    of = case_yields.c
    columns = (of.case_id, of.index, of.kind, of.party, of.evidence)
    statement = select(*columns).where(of.case_id.in_(ids)).order_by(of.index)
    found: dict[UUID, list[Result]] = {}
    for case, index, kind, party, evidence in await conn.execute(statement):
        found.setdefault(case, []).append(Result(index, kind, party, evidence))
    return found


async def list_upstream_yields(conn: AsyncConnection, case: Case) -> list[Yielded]:
    """The frozen results of the other cases of the same application."""
    statement = (
        select(case_yields.c.yielded)
        .join(cases, cases.c.id == case_yields.c.case_id)
        .where(cases.c.application == case.application, cases.c.id != case.id, case_yields.c.yielded.is_not(None))
        .order_by(cases.c.id, case_yields.c.index)
    )
    return [Yielded.model_validate(value) for value in (await conn.execute(statement)).scalars()]


# --- many cases -------------------------------------------------------------------------------------------------


async def list_page(
    conn: AsyncConnection,
    *,
    by: Actor,
    state: State | None,
    item: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[CaseSummary]:
    """The worklist of an officer's department within its region, oldest first; one row more tells of more."""
    conditions: list[ColumnElement[bool]] = [
        cases.c.department == by.department,
        func.starts_with(cases.c.region, significant(by.region)) if by.region else false(),
    ]
    if state is not None:
        conditions.append(cases.c.state == state)
    if item is not None:
        conditions.append(cases.c.item == item)
    if after is not None:
        conditions.append(tuple_(cases.c.opened_at, cases.c.id) > after)
    statement = select(*_SUMMARY).where(*conditions).order_by(cases.c.opened_at, cases.c.id).limit(limit + 1)
    return [_summary(row) for row in (await conn.execute(statement)).mappings()]


async def lock_clocked(conn: AsyncConnection) -> list[Case]:
    """Every case with a clock that runs now. For a recount."""
    statement = select(cases).where(cases.c.state.in_(_CLOCKED)).order_by(cases.c.id).with_for_update()
    return [_case(row) for row in (await conn.execute(statement)).mappings()]


async def count_open(conn: AsyncConnection) -> OpenCases:
    """Every case that has not ended, counted."""
    late = func.count(cases.c.overdue_at)
    statement = select(cases.c.state, func.count(), late).where(cases.c.ended_at.is_(None)).group_by(cases.c.state)
    rows = (await conn.execute(statement)).all()
    return OpenCases({State(state): number for state, number, _ in rows}, sum(overdue for *_, overdue in rows))

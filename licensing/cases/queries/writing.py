"""Statements that change cases. Each is used by commands that hold the lock of the case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases.errors import AlreadyRated
from licensing.cases.model import Case
from licensing.cases.model.tables import (
    case_acts,
    case_awaits,
    case_ratings,
    case_serials,
    case_suspensions,
    case_yields,
    cases,
)
from shared.contracts.yields import Yielded
from shared.database import translate

Row = Mapping[str, Any]
_COLUMNS = [field.name for field in fields(Case)]


async def next_serials(conn: AsyncConnection, count: int) -> list[int]:
    """Serials that nobody else has today."""
    statement = select(case_serials.next_value()).select_from(func.generate_series(1, count))
    return list((await conn.execute(statement)).scalars())


async def insert_cases(
    conn: AsyncConnection, opened: Sequence[Case], *, awaits: Sequence[Row], yields: Sequence[Row]
) -> None:
    """New cases with what they wait for and what they are to yield."""
    await conn.execute(insert(cases), [{name: getattr(case, name) for name in _COLUMNS} for case in opened])
    if awaits:
        await conn.execute(insert(case_awaits), awaits)
    if yields:
        await conn.execute(insert(case_yields), yields)


async def store(conn: AsyncConnection, case: UUID, values: Row) -> None:
    """Change columns of a case."""
    await conn.execute(update(cases).where(cases.c.id == case).values(**values))


async def add_acts(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Who did what; rows are never changed."""
    if rows:
        await conn.execute(insert(case_acts), rows)


async def store_yields(conn: AsyncConnection, case: UUID, yields: Iterable[Yielded]) -> None:
    """Freeze the results of a case."""
    for result in yields:
        statement = update(case_yields).where(case_yields.c.case_id == case, case_yields.c.index == result.index)
        await conn.execute(statement.values(yielded=result.model_dump(mode="json")))


async def start_suspension(conn: AsyncConnection, row: Row) -> None:
    """The clocks of a case stand still from the day after."""
    await conn.execute(insert(case_suspensions), row)


async def end_suspension(conn: AsyncConnection, case: UUID, *, until_on: date) -> None:
    """The clocks run again from the day after."""
    of = case_suspensions.c
    await conn.execute(
        update(case_suspensions).where(of.case_id == case, of.until_on.is_(None)).values(until_on=until_on)
    )


async def add_rating(
    conn: AsyncConnection, case: UUID, *, grade: int, comment: str | None, by: UUID, at: datetime
) -> None:
    """One for each case."""
    with translate({"pk_case_ratings": AlreadyRated}):
        await conn.execute(insert(case_ratings).values(case_id=case, grade=grade, comment=comment, by=by, at=at))

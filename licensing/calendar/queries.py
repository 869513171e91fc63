"""Every SQL statement about days."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Integer, Row, extract, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar.model import calendar_days
from licensing.calendar.rules import Day, KnownDays

# Whoever counts over unpublished days shares this lock, and recounting takes it alone, so that no provisional
# deadline is committed behind the back of the recount that should have settled it.
_COUNTING = 7_014_001
_LOADING = 7_014_002

YearRow = Row[*tuple[Any, ...]]


async def known_days(conn: AsyncConnection, *, first: date, days: int) -> KnownDays:
    """The administered days that counting `days` working days from `first` can touch."""
    # Not half of the days of any stretch are holidays beyond a festival's fortnight; three times is ample.
    last = first + timedelta(days=3 * days + 40)
    statement = select(calendar_days.c.date, calendar_days.c.is_workday).where(
        calendar_days.c.date > first, calendar_days.c.date <= last
    )
    return {row.date: row.is_workday for row in await conn.execute(statement)}


async def share_counting(conn: AsyncConnection) -> None:
    """Hold back recounts until this transaction ends. For those who store a provisional deadline."""
    await conn.execute(select(func.pg_advisory_xact_lock_shared(_COUNTING)))


async def own_counting(conn: AsyncConnection) -> None:
    """Wait for everybody who is storing a provisional deadline, and keep others out. For a recount."""
    await conn.execute(select(func.pg_advisory_xact_lock(_COUNTING)))


async def own_loading(conn: AsyncConnection) -> None:
    """One year is loaded at a time."""
    await conn.execute(select(func.pg_advisory_xact_lock(_LOADING)))


async def list_years(conn: AsyncConnection) -> list[YearRow]:
    """Years that are loaded: each with its working days and the notice that says so."""
    year = extract("year", calendar_days.c.date).cast(Integer).label("year")
    question = select(
        year,
        func.count().filter(calendar_days.c.is_workday).label("workdays"),
        func.max(calendar_days.c.source_doc).label("source_doc"),
    )
    return list(await conn.execute(question.group_by(year).order_by(year)))


async def special_days(conn: AsyncConnection, year: int) -> list[YearRow]:
    """The days of a year that have a name: holidays, and the working days that make up for them."""
    days = calendar_days.c
    question = select(days.date, days.is_workday, days.name, days.source_doc).where(
        extract("year", days.date) == year, days.name.is_not(None)
    )
    return list(await conn.execute(question.order_by(days.date)))


async def put_days(conn: AsyncConnection, days: Iterable[Day], *, source_doc: str) -> int:
    """Insert or replace days; how many there were."""
    rows = [{"date": d.date, "is_workday": d.is_workday, "name": d.name, "source_doc": source_doc} for d in days]
    statement = insert(calendar_days)
    new = statement.excluded
    replace = {"is_workday": new.is_workday, "name": new.name, "source_doc": new.source_doc}
    await conn.execute(statement.on_conflict_do_update(index_elements=["date"], set_=replace), rows)
    return len(rows)

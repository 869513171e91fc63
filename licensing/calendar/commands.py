"""Loading a year of days. What was counted over its days is counted again, by whoever handles `RECOUNT`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar import queries
from licensing.calendar.errors import CalendarNotConsistent
from licensing.calendar.rules import Day, days_of_year, misplaced_days
from shared.timers import set_timer

# A timer, not an event: nobody outside of licensing counts by our calendar, and it must outlive a crash.
RECOUNT = "calendar.recount"
RECOUNT_SUBJECT: UUID = uuid5(NAMESPACE_URL, "urn:onevisit:calendar")


async def load_year(
    conn: AsyncConnection,
    year: int,
    *,
    holidays: Mapping[date, str],
    makeup_workdays: Mapping[date, str],
    source_doc: str,
    at: datetime,
) -> int:
    """The year is administered as the notice says; how many working days it has. A later notice replaces it.

    Refuses days outside the year and days that are both holiday and working day. Deadlines are counted again.
    """
    wrong = misplaced_days(year, holidays=holidays, makeup_workdays=makeup_workdays)
    if wrong:
        raise CalendarNotConsistent(days=[day.isoformat() for day in wrong])
    days = list(days_of_year(year, holidays=holidays, makeup_workdays=makeup_workdays))
    await load_days(conn, days, source_doc=source_doc, at=at)
    return sum(day.is_workday for day in days)


async def load_days(conn: AsyncConnection, days: Iterable[Day], *, source_doc: str, at: datetime) -> int:
    """Seed whole years of days, as a deployment does from a library at its start. Returns how many days."""
    loaded = await queries.put_days(conn, days, source_doc=source_doc)
    await set_timer(conn, kind=RECOUNT, subject=RECOUNT_SUBJECT, due_at=at)
    return loaded

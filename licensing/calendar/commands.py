"""Loading a year of days. What was counted over its days is counted again, by whoever handles `RECOUNT`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar import queries
from licensing.calendar.errors import CalendarNotConsistent, CalendarYearMissing
from licensing.calendar.rules import Day, contradictions, days_of_year, missing_festivals, missing_years
from shared.administration import record_act
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
    by: str,
    at: datetime,
) -> int:
    """The year is administered as the notice says; how many working days it has. A later notice replaces it.

    Refuses a notice with days that cannot be right, or without a statutory holiday (CalendarNotConsistent), and a year
    that would leave others out (CalendarYearMissing). Deadlines are counted again. In the books: year and notice.
    """
    wrong = contradictions(year, holidays=holidays.keys(), makeup_workdays=makeup_workdays.keys())
    missing = missing_festivals(holidays.values())
    if wrong or missing:
        raise CalendarNotConsistent(wrong, missing=missing)
    await queries.own_loading(conn)
    skipped = missing_years(year, loaded=[each.year for each in await queries.list_years(conn)])
    if skipped:
        raise CalendarYearMissing(years=[*skipped])
    days = list(days_of_year(year, holidays=holidays, makeup_workdays=makeup_workdays))
    workdays = sum(day.is_workday for day in days)
    await load_days(conn, days, source_doc=source_doc, at=at)
    details: dict[str, JsonValue] = {"source_doc": source_doc, "workdays": workdays}
    await record_act(conn, "calendar.loaded", subject=str(year), by=by, at=at, details=details)
    return workdays


async def load_days(conn: AsyncConnection, days: Iterable[Day], *, source_doc: str, at: datetime) -> int:
    """Seed whole years of days, as a deployment does from a library at its start. Returns how many days."""
    loaded = await queries.put_days(conn, days, source_doc=source_doc)
    await set_timer(conn, kind=RECOUNT, subject=RECOUNT_SUBJECT, due_at=at)
    return loaded

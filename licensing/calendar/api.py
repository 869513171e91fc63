"""The calendar: for everybody to read, and for its administrators, one call a year, when the notice is out."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from licensing.calendar import commands, queries
from licensing.calendar.errors import CalendarYearNotFound
from licensing.calendar.schemas import LoadedYear, NamedDay, YearOfDays, Years, YearShown
from shared.auth import Caller, public, requires
from shared.database import Read, Transaction

router = APIRouter(tags=["calendar"])
Year = Annotated[int, Path(ge=2000, le=2100)]


@router.get("/v1/calendar/years", dependencies=[public()])
async def list_calendar_years(conn: Read) -> Years:
    """The years that are loaded."""
    return Years(items=[LoadedYear.model_validate(row, from_attributes=True) for row in await queries.list_years(conn)])


@router.get("/v1/calendar/years/{year}", dependencies=[public()])
async def get_calendar_year(year: Year, conn: Read) -> YearShown:
    """The days of a year on which the government does not work, and those by which it makes up for them."""
    found = next((each for each in await queries.list_years(conn) if each.year == year), None)
    if found is None:
        raise CalendarYearNotFound
    days = [(row.is_workday, NamedDay(date=row.date, name=row.name)) for row in await queries.special_days(conn, year)]
    return YearShown(
        year=year,
        workdays=found.workdays,
        source_doc=found.source_doc,
        holidays=[day for works, day in days if not works],
        makeup_workdays=[day for works, day in days if works],
    )


@router.put("/v1/calendar/years/{year}")
async def put_calendar_year(
    request: Request,
    conn: Transaction,
    year: Year,
    body: YearOfDays,
    caller: Annotated[Caller, requires("calendar:administer")],
) -> LoadedYear:
    """Load or replace a year. Provisional deadlines that reach into it become final."""
    workdays = await commands.load_year(
        conn,
        year,
        holidays={day.date: day.name for day in body.holidays},
        makeup_workdays={day.date: day.name for day in body.makeup_workdays},
        source_doc=body.source_doc,
        by=caller.sub,
        at=request.app.state.service.clock(),
    )
    return LoadedYear(year=year, workdays=workdays, source_doc=body.source_doc)

"""Administering the calendar: one call a year, when the State Council's notice is out."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from licensing.calendar import commands
from licensing.calendar.schemas import LoadedYear, YearOfDays
from shared.auth import Caller, requires
from shared.database import Transaction

router = APIRouter(tags=["calendar"])
Year = Annotated[int, Path(ge=2000, le=2100)]


@router.put("/v1/calendar/years/{year}")
async def put_calendar_year(
    request: Request,
    conn: Transaction,
    year: Year,
    body: YearOfDays,
    _: Annotated[Caller, requires("calendar:administer")],
) -> LoadedYear:
    """Load or replace a year. Provisional deadlines that reach into it become final."""
    workdays = await commands.load_year(
        conn,
        year,
        holidays={day.date: day.name for day in body.holidays},
        makeup_workdays={day.date: day.name for day in body.makeup_workdays},
        source_doc=body.source_doc,
        at=request.app.state.service.clock(),
    )
    return LoadedYear(year=year, workdays=workdays, source_doc=body.source_doc)

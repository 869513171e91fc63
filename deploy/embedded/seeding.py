"""Hands the demonstration's seed to the services that own it, by the same functions that their commands run."""

from collections.abc import Iterator, Mapping

import chinese_calendar
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.embedded.errors import LaunchError
from identity import bootstrap
from identity.settings import IdentitySettings
from licensing.calendar.commands import load_days
from licensing.calendar.rules import Day, days_of_year
from licensing.catalogue.commands import publish
from licensing.catalogue.load import DATA, read_files
from shared.clock import now
from shared.database import Database

# As the settings of a service are told: by field name, as text.
Told = Mapping[str, str]


async def load_people(told: Told, document: object) -> None:
    """Departments, officers, clients and people of the document are known to identity."""
    settings = IdentitySettings.model_validate(dict(told))
    database = Database(told["database_url"], pool_size=2)
    try:
        async with database.transaction() as conn:
            await bootstrap.load(
                document,
                conn,
                settings.vault(),
                now(),
                zone=settings.zone,
                max_age_years=settings.max_age_years,
            )
    finally:
        await database.close()


async def load_licensing(told: Told) -> None:
    """The catalogue that ships is published, unless it is already, and the known working days are loaded."""
    database = Database(told["database_url"], pool_size=2)
    try:
        async with database.transaction() as conn:
            await publish_shipped(conn)
    finally:
        await database.close()


async def publish_shipped(conn: AsyncConnection) -> None:
    """The catalogue that ships is the current release; with the first release come the known working days."""
    content, unreadable = read_files(DATA)
    if unreadable:
        raise LaunchError(f"The catalogue that ships cannot be read: {unreadable[0]}")
    release = await publish(conn, content, by="ops:ops", at=now())
    if release.number == 1:
        await load_days(conn, _known_days(), source_doc="chinesecalendar", at=now())


def _known_days() -> Iterator[Day]:
    """The years of the library from the last one on; of a year to come it knows nothing, and does not guess."""
    holidays, makeup_workdays = chinese_calendar.holidays, chinese_calendar.workdays
    for year in range(now().year - 1, max(holidays).year + 1):
        yield from days_of_year(year, holidays=holidays, makeup_workdays=makeup_workdays)

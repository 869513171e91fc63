"""A migrated database of licensing with the calendar of 2026, and the whole service over it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx2
import orjson
import pytest

from licensing.app import compose
from licensing.calendar.commands import load_days
from licensing.calendar.rules import Day
from licensing.catalogue.commands import publish
from licensing.catalogue.load import DATA, read_files
from licensing.ports import HeldEvidence
from licensing.service import LicensingService
from licensing.settings import LicensingSettings
from shared.database import Database
from tests.licensing.calendar.test_rules import KNOWN
from tests.support.clock import START, FrozenClock
from tests.support.databases import NewDatabase
from tests.support.services import settings_of
from tests.support.tokens import Issuer

CATALOGUE, _ = read_files(DATA)  # once: reading YAML takes longer than most tests

PUBLISHED = datetime(2025, 11, 4, 2, 0, tzinfo=UTC)


async def _with_calendar(url: str) -> None:
    database = Database(url)
    async with database.transaction() as conn:
        days = [Day(date, works) for date, works in KNOWN.items()]
        await load_days(conn, days, source_doc="国办发明电〔2025〕7号", at=PUBLISHED)
    await database.close()


async def _with_catalogue(url: str) -> None:
    await _with_calendar(url)
    database = Database(url)
    async with database.transaction() as conn:
        await publish(conn, CATALOGUE, by="ops:ops", at=START)
    await database.close()


# Loaded once, into the template: publishing takes longer than most tests.
CALENDAR = ("calendar", _with_calendar)
PUBLISHED_CATALOGUE = (f"catalogue_{sha256(orjson.dumps(CATALOGUE)).hexdigest()[:12]}", _with_catalogue)


@pytest.fixture
async def database(new_database: NewDatabase, request: pytest.FixtureRequest) -> AsyncGenerator[Database]:
    """With the catalogue that ships where the test asks for the service, else with the calendar alone."""
    filled = PUBLISHED_CATALOGUE if "licensing" in request.fixturenames else CALENDAR
    database = Database(await new_database("licensing", filled=filled), pool_size=5)
    yield database
    await database.close()


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> LicensingSettings:
    """Nothing outside is reached: no bus, and sources that hold what a test says."""
    return LicensingSettings.model_validate(settings_of(tmp_path, database_url=database.url))


@pytest.fixture
async def licensing(
    settings: LicensingSettings, clock: FrozenClock, issuer: Issuer
) -> AsyncGenerator[LicensingService]:
    """The service, with the catalogue that ships."""
    service = LicensingService("licensing", settings, clock=clock, keys=issuer.keys(), source=HeldEvidence())
    yield service
    await service.close()


@pytest.fixture
async def http(licensing: LicensingService) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client of the whole service."""
    transport = httpx2.ASGITransport(app=compose(licensing), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://licensing.test") as client:
        yield client

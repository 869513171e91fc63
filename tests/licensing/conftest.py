"""A migrated database of licensing with the calendar of 2026."""

from collections.abc import AsyncGenerator

import pytest

from licensing.calendar.commands import load_days
from licensing.calendar.rules import Day
from shared.database import Database
from tests.licensing.calendar.test_rules import KNOWN
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase


@pytest.fixture
async def database(new_database: NewDatabase, clock: FrozenClock) -> AsyncGenerator[Database]:
    database = Database(await new_database("licensing"), pool_size=5)
    async with database.transaction() as conn:
        days = [Day(date, works) for date, works in KNOWN.items()]
        await load_days(conn, days, source_doc="国办发明电〔2025〕7号", at=clock())
    yield database
    await database.close()

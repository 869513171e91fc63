"""A database with the messaging tables."""

from collections.abc import AsyncGenerator

import pytest

from shared.database import Database, new_metadata
from shared.messaging import install
from tests.support.databases import DatabaseFor


@pytest.fixture
async def database(database_for: DatabaseFor) -> AsyncGenerator[Database]:
    metadata = new_metadata()
    install(metadata)
    database = Database(await database_for(metadata))
    yield database
    await database.close()

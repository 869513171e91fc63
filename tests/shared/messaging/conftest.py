"""A database with the messaging tables, and one for reactions to have an effect on."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import BigInteger, Column, Identity, Table, Uuid

from shared.database import Database, new_metadata
from shared.messaging import install
from tests.support.databases import DatabaseFor


@pytest.fixture
async def database(database_for: DatabaseFor) -> AsyncGenerator[Database]:
    metadata = new_metadata()
    install(metadata)
    Table(
        "effects",
        metadata,
        Column("place", BigInteger, Identity(), primary_key=True),
        Column("event_id", Uuid, unique=True),
        Column("subject", Uuid),
        Column("version", BigInteger),
    )
    database = Database(await database_for(metadata))
    yield database
    await database.close()

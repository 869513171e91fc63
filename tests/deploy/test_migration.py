"""Migrating a database step by step ends where the tables of today's code would begin."""

from importlib import import_module

import pytest
from sqlalchemy import MetaData, text

from deploy import services
from shared.database import Database
from tests.support.databases import DatabaseFor, NewDatabase


@pytest.mark.parametrize("service", services.WITH_DATABASE)
async def test_the_revisions_of_a_service_make_the_tables_that_its_code_declares(
    service: str, new_database: NewDatabase, database_for: DatabaseFor
) -> None:
    import_module(f"{service}.app")
    declared: MetaData = import_module(f"{service}.metadata").metadata

    migrated = await _described(await new_database(service))
    created = await _described(await database_for(declared))

    assert migrated - created == set(), "the migrations make what no table declares"
    assert created - migrated == set(), "no migration makes what the tables declare"


async def _described(url: str) -> set[tuple[str, ...]]:
    database = Database(url, pool_size=1)
    try:
        async with database.read() as conn:
            rows = await conn.execute(_DESCRIPTION)
            return {tuple(map(str, row)) for row in rows if row[1] != "alembic_version"}
    finally:
        await database.close()


_DESCRIPTION = text("""
SELECT 'column', table_name, column_name, data_type, CAST(character_maximum_length AS text), is_nullable,
       column_default, collation_name, is_identity
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint', CAST(CAST(conrelid AS regclass) AS text), conname, pg_get_constraintdef(oid), '', '', '', '', ''
FROM pg_constraint WHERE connamespace = CAST('public' AS regnamespace)
UNION ALL
SELECT 'index', tablename, indexname, indexdef, '', '', '', '', ''
FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'sequence', sequencename, CAST(data_type AS text), CAST(start_value AS text), CAST(min_value AS text),
       CAST(max_value AS text), CAST(increment_by AS text), CAST(cycle AS text), ''
FROM pg_sequences WHERE schemaname = 'public'
""")

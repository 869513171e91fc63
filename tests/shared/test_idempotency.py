"""One key, one act: repeats and parallel duplicates learn what the first one made (series R)."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from sqlalchemy import Column, Table, Uuid, func, insert, select

from shared import idempotency
from shared.database import Database, new_metadata
from shared.idempotency import IdempotencyKeyReused, once
from shared.ids import new_id
from shared.schemas import Strict
from tests.support.databases import DatabaseFor

metadata = new_metadata()
idempotency.install(metadata)
acts = Table("acts", metadata, Column("id", Uuid, primary_key=True))


class Body(Strict):
    text: str


@pytest.fixture
async def database(database_for: DatabaseFor) -> AsyncGenerator[Database]:
    database = Database(await database_for(metadata), pool_size=20)
    yield database
    await database.close()


async def act(database: Database, text: str = "a", *, caller: str = "me", key: str = "12345678") -> UUID:
    resource = new_id()
    async with database.transaction() as conn:
        made = await once(conn, caller=caller, operation="act", key=key, body=Body(text=text), resource=resource)
        if made is not None:
            return made
        await conn.execute(insert(acts).values(id=resource))
        return resource


async def act_that_fails(database: Database) -> None:
    async with database.transaction() as conn:
        await once(conn, caller="me", operation="act", key="12345678", body=Body(text="a"), resource=new_id())
        raise RuntimeError


async def count(database: Database) -> int:
    async with database.read() as conn:
        return (await conn.execute(select(func.count()).select_from(acts))).scalar_one()


async def test_fifty_parallel_duplicates_make_one_act_and_get_one_answer(database: Database) -> None:
    answers = await asyncio.gather(*(act(database) for _ in range(50)))
    assert len(set(answers)) == 1
    assert await count(database) == 1


async def test_the_same_key_with_another_body_is_refused(database: Database) -> None:
    await act(database, "a")
    with pytest.raises(IdempotencyKeyReused):
        await act(database, "b")


async def test_the_same_key_of_another_caller_is_another_act(database: Database) -> None:
    assert await act(database) != await act(database, caller="you")


async def test_an_act_that_failed_leaves_its_key_free(database: Database) -> None:
    with pytest.raises(RuntimeError):
        await act_that_fails(database)
    await act(database, "b")
    assert await count(database) == 1

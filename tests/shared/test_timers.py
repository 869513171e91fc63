"""A timer fires when it is due, with its effect, once; one that fails is put off and stops no other."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import timers
from shared.database import Database, new_metadata
from shared.ids import new_id
from tests.support.clock import FrozenClock
from tests.support.databases import DatabaseFor

metadata = new_metadata()
timers.install(metadata)


@pytest.fixture
async def database(database_for: DatabaseFor) -> AsyncGenerator[Database]:
    database = Database(await database_for(metadata))
    yield database
    await database.close()


class Bell:
    def __init__(self, *, broken: bool = False) -> None:
        self.rung: list[UUID] = []
        self.broken = broken

    async def __call__(self, conn: AsyncConnection, subject: UUID, at: datetime) -> None:
        if self.broken:
            raise RuntimeError("the bell is broken")
        self.rung.append(subject)


async def fire(database: Database, at: datetime, **bells: Bell) -> int:
    async with database.transaction() as conn:
        return await timers.fire_due(conn, bells, at=at)


async def test_a_timer_fires_once_and_not_early(database: Database, clock: FrozenClock) -> None:
    bell, subject = Bell(), new_id()
    async with database.transaction() as conn:
        await timers.set_timer(conn, kind="bell", subject=subject, due_at=clock() + timedelta(hours=1))
    await fire(database, clock(), bell=bell)
    assert bell.rung == []
    for _ in range(2):
        await fire(database, clock.advance(hours=1), bell=bell)
    assert bell.rung == [subject]


async def test_setting_a_timer_again_moves_it(database: Database, clock: FrozenClock) -> None:
    bell, subject = Bell(), new_id()
    async with database.transaction() as conn:
        for hours in (1, 5):
            await timers.set_timer(conn, kind="bell", subject=subject, due_at=clock() + timedelta(hours=hours))
    await fire(database, clock.advance(hours=2), bell=bell)
    assert bell.rung == []


async def test_a_cancelled_timer_does_not_fire(database: Database, clock: FrozenClock) -> None:
    bell, subject = Bell(), new_id()
    async with database.transaction() as conn:
        await timers.set_timer(conn, kind="bell", subject=subject, due_at=clock())
        await timers.cancel_timer(conn, kind="bell", subject=subject)
    await fire(database, clock(), bell=bell)
    assert bell.rung == []


async def test_one_that_fails_is_put_off_and_the_others_fire(database: Database, clock: FrozenClock) -> None:
    broken, sound, subject = Bell(broken=True), Bell(), new_id()
    async with database.transaction() as conn:
        await timers.set_timer(conn, kind="broken", subject=subject, due_at=clock())
        await timers.set_timer(conn, kind="sound", subject=subject, due_at=clock())
    await fire(database, clock(), broken=broken, sound=sound)
    assert sound.rung == [subject]
    mended = Bell()
    await fire(database, clock(), broken=mended)
    assert mended.rung == []
    await fire(database, clock.advance(seconds=2), broken=mended)
    assert mended.rung == [subject]

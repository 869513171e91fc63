"""However many used what no longer holds, all are told, once: some at a time, and none waits for another department."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import text

from records.uses.commands import AT_ONCE, PAUSE, TELLING, go_on_telling
from shared.timers import fire_due
from tests.records.uses.events import (
    CARDS,
    CASE,
    CERTIFICATE,
    INSURANCE,
    REFERENCE,
    read,
    reinstated,
    revoked,
    used,
    withheld,
)
from tests.records.uses.hearing import Told, hear, hear_of_many, reinstatement, revocation, told
from tests.records.world import World
from tests.support.clock import FrozenClock

MANY = [UUID(int=1000 + number) for number in range(2 * AT_ONCE + 10)]

_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def used_by_many(world: World) -> World:
    """One department read the certificate under ever new references, another under one; a case stands on it."""
    await hear_of_many(world, [read(CERTIFICATE, ref=ref) for ref in MANY])
    await hear_of_many(world, [read(CERTIFICATE, reader=CARDS)])
    await hear(world, used(CERTIFICATE, department="tax"))
    return world


async def go_on(world: World, clock: FrozenClock) -> int:
    """What the timer does when its time has come; how many fired."""
    async with world.service.database.transaction() as conn:
        return await fire_due(conn, {TELLING: go_on_telling}, at=clock.advance(seconds=PAUSE.total_seconds()))


async def finish(world: World, clock: FrozenClock) -> int:
    """All are told; in how many steps."""
    steps = 0
    while await go_on(world, clock):
        steps += 1
    return steps


def revocations(refs: list[UUID], change: str = "revoked") -> Iterator[Told]:
    return (revocation(INSURANCE, ref, change) for ref in refs)


async def test_who_used_it_once_does_not_wait_for_who_used_it_a_thousand_times(used_by_many: World) -> None:
    await hear(used_by_many, revoked())
    heard = await told(used_by_many)
    assert {revocation(CARDS, REFERENCE), revocation("tax", CASE)} < set(heard)
    assert len(heard) == AT_ONCE + 2


async def test_all_are_told_each_once_and_no_more_than_so_many_at_a_time(
    used_by_many: World, clock: FrozenClock
) -> None:
    await hear(used_by_many, revoked())
    assert await finish(used_by_many, clock) == 2
    heard = await told(used_by_many)
    assert sorted(heard) == sorted([*revocations(MANY), revocation(CARDS, REFERENCE), revocation("tax", CASE)])
    await hear(used_by_many, revoked())
    assert (await finish(used_by_many, clock), len(await told(used_by_many))) == (0, len(heard))


async def test_it_goes_on_after_a_pause_and_not_before(used_by_many: World, clock: FrozenClock) -> None:
    await hear(used_by_many, revoked())
    async with used_by_many.service.database.transaction() as conn:
        assert await fire_due(conn, {TELLING: go_on_telling}, at=clock()) == 0


async def test_what_is_used_meanwhile_is_told_at_once_and_not_again(used_by_many: World, clock: FrozenClock) -> None:
    await hear(used_by_many, revoked())
    await hear(used_by_many, used(CERTIFICATE))
    assert (await told(used_by_many))[-1] == revocation(INSURANCE, CASE)
    await finish(used_by_many, clock)
    heard = await told(used_by_many)
    assert heard.count(revocation(INSURANCE, CASE)) == 1
    assert len(heard) == len(set(heard)) == len(MANY) + 3


async def test_who_was_not_told_yet_hears_of_a_later_change_alone(used_by_many: World, clock: FrozenClock) -> None:
    await hear(used_by_many, withheld(2))
    await hear(used_by_many, revoked(3))
    await finish(used_by_many, clock)
    heard = [row for row in await told(used_by_many) if row[0].startswith(f"to.{INSURANCE}.")]
    assert sorted(row for row in heard if row[2] == "revoked") == sorted(revocations(MANY))
    assert len([row for row in heard if row[2] == "withheld"]) == AT_ONCE


@pytest.mark.parametrize("before", [0, 1])
async def test_of_a_reinstatement_hears_who_heard_of_the_withholding(
    used_by_many: World, clock: FrozenClock, before: int
) -> None:
    for version in range(2, 2 + 2 * before, 2):
        await hear(used_by_many, withheld(version))
        await finish(used_by_many, clock)
        await hear(used_by_many, reinstated(version + 1))
        await finish(used_by_many, clock)
    known = len(await told(used_by_many))
    await hear(used_by_many, withheld(8))
    await hear(used_by_many, reinstated(9))
    await finish(used_by_many, clock)
    heard = (await told(used_by_many))[known:]
    assert sorted(case for _, _, change, case in heard if change == "withheld") == sorted(
        case for _, _, change, case in heard if change == "reinstated"
    )
    assert len(heard) == 2 * (AT_ONCE + 2)


async def test_who_was_told_of_a_withholding_hears_of_its_end_however_many_they_are(
    used_by_many: World, clock: FrozenClock
) -> None:
    await hear(used_by_many, withheld(2))
    await finish(used_by_many, clock)
    await hear(used_by_many, reinstated(3))
    await finish(used_by_many, clock)
    heard = [row for row in await told(used_by_many) if row[2] == "reinstated"]
    assert sorted(heard) == sorted(
        [*(reinstatement(INSURANCE, ref) for ref in MANY), reinstatement(CARDS, REFERENCE), reinstatement("tax", CASE)]
    )


async def test_what_fails_half_way_is_told_whole_later(used_by_many: World, clock: FrozenClock) -> None:
    await hear(used_by_many, revoked())
    async with used_by_many.service.database.engine.connect() as conn:  # and never commits
        await fire_due(conn, {TELLING: go_on_telling}, at=clock.advance(seconds=1))
    await finish(used_by_many, clock)
    heard = await told(used_by_many)
    assert len(heard) == len(set(heard)) == len(MANY) + 2


async def test_a_change_that_comes_while_an_older_one_is_told_is_told_after_it(
    used_by_many: World, clock: FrozenClock
) -> None:
    await hear(used_by_many, withheld(2))
    async with asyncio.timeout(30):
        async with used_by_many.service.database.transaction() as conn:
            await fire_due(conn, {TELLING: go_on_telling}, at=clock.advance(seconds=1))
            noting = asyncio.create_task(hear(used_by_many, revoked(3)))
            while not await used_by_many.rows(_WAITING):  # noqa: ASYNC110 - PostgreSQL alone knows
                await asyncio.sleep(0.01)
        await noting
    await finish(used_by_many, clock)
    heard = [row for row in await told(used_by_many) if row[0].startswith(f"to.{INSURANCE}.")]
    assert len([row for row in heard if row[2] == "withheld"]) == 2 * AT_ONCE
    assert sorted(row for row in heard if row[2] == "revoked") == sorted(revocations(MANY))


async def test_telling_does_not_wait_for_a_newer_change_and_goes_on_should_that_come_to_nothing(
    used_by_many: World, clock: FrozenClock
) -> None:
    await hear(used_by_many, withheld(2))
    async with used_by_many.service.database.engine.connect() as conn:  # and never commits
        await conn.execute(text("SELECT FROM evidence_changes FOR UPDATE"))  # as whoever notes one does
        assert await go_on(used_by_many, clock) == 1
    assert await used_by_many.rows("SELECT attempts FROM timers") == [{"attempts": 0}]
    assert await finish(used_by_many, clock) == 2
    heard = await told(used_by_many)
    assert len(heard) == len(set(heard)) == len(MANY) + 2

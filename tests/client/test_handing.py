"""Failing, waiting, parking, redriving; and the iterator form."""

import asyncio
import sqlite3

import pytest

from onevisit_client import Event, NotAcknowledged, Park, Retrying
from tests.client.conftest import Department
from tests.client.fake import DEATHS

NEVER_AGAIN = Retrying(attempts=1)


async def test_an_event_that_fails_is_tried_again(department: Department) -> None:
    event = department.fake.record()
    attempts = []

    async def fail_twice(event: Event) -> None:
        attempts.append(event.id)
        if len(attempts) < 3:
            raise ValueError("not yet")
        await department.handle(event)

    subscriber = department.subscriber()
    running = asyncio.create_task(subscriber.run(fail_twice))
    await department.until_handed(1)
    await subscriber.stop()
    await running
    assert attempts == [str(event.id)] * 3
    assert await department.inbox.waiting() == []


async def test_what_fails_is_parked_with_its_entity_and_others_flow(department: Department) -> None:
    bad = department.fake.record()
    behind = department.fake.record(DEATHS, subject=bad.subject)
    other = department.fake.record()
    department.broken.add(str(bad.subject))
    async with department.at_work():
        await department.until_handed(1)
        waiting = await department.until_waiting(2, parked=1)
    assert department.ids == [str(other.id)]
    assert [(each.event.id, each.attempts, each.parked) for each in waiting] == [
        (str(bad.id), 3, True),
        (str(behind.id), 0, False),
    ]
    assert "it does not work" in str(waiting[0].reason)
    assert [each.event.id for each in await department.inbox.parked()] == [str(bad.id)]


async def test_what_is_redriven_comes_in_its_order(department: Department) -> None:
    bad = department.fake.record()
    behind = [department.fake.record(DEATHS, subject=bad.subject) for _ in range(3)]
    department.broken.add(str(bad.subject))
    async with department.at_work(retrying=NEVER_AGAIN):
        await department.until(lambda: department.fake.calls["/v1/events"] > 2)
        assert department.ids == []
        department.broken.clear()
        assert await department.inbox.redrive() == 1
        await department.until_handed(4)
        late = department.fake.record(subject=bad.subject)
        await department.until_handed(5)
    assert department.ids == [str(event.id) for event in [bad, *behind, late]]
    assert await department.inbox.waiting() == []


async def test_what_is_skipped_lets_those_behind_it_go_on(department: Department) -> None:
    bad = department.fake.record(number=1)
    behind = department.fake.record(subject=bad.subject)

    async def refuse_the_first(event: Event) -> None:
        if event.id == str(bad.id):
            raise Park("no sense in it")
        await department.handle(event)

    subscriber = department.subscriber()
    running = asyncio.create_task(subscriber.run(refuse_the_first))
    await department.until_waiting(2)
    assert await department.inbox.skip(str(bad.id))
    await department.until_handed(1)
    await subscriber.stop()
    await running
    assert department.ids == [str(behind.id)]


async def test_an_effect_and_its_note_are_one_transaction(department: Department) -> None:
    told = department.fake.record_many(3)
    crashed: list[str] = []

    async def write(event: Event, transaction: sqlite3.Connection) -> None:
        transaction.execute("CREATE TABLE IF NOT EXISTS effects (id TEXT)")
        transaction.execute("INSERT INTO effects VALUES (?)", (event.id,))
        if event.id == str(told[1].id) and not crashed:
            crashed.append(event.id)
            raise ValueError("after the effect, before the commit")
        await department.handle(event)

    subscriber = department.subscriber()
    running = asyncio.create_task(subscriber.run_within(write))
    await department.until_handed(3)
    await subscriber.stop()
    await running
    with sqlite3.connect(department.path) as database:
        effects = [row[0] for row in database.execute("SELECT id FROM effects")]
    assert sorted(effects) == sorted(str(event.id) for event in told)
    assert crashed


async def test_iterating_hands_out_one_at_a_time(department: Department) -> None:
    told = department.fake.record_many(5)
    seen = []
    async with department.subscriber() as subscriber:
        async for event in subscriber:
            seen.append(event.id)
            await event.ack()
            if len(seen) == 5:
                await subscriber.stop()
    assert seen == [str(event.id) for event in told]
    department.fake.record()
    async with department.at_work():
        await department.until_handed(1)
    assert len(department.ids) == 1


async def test_an_event_without_an_answer_comes_again(department: Department) -> None:
    told = department.fake.record_many(2)
    async with department.subscriber() as subscriber:
        async for event in subscriber:
            assert event.id == str(told[0].id)
            break
    async with department.at_work():
        await department.until_handed(2)
    assert department.ids == [str(event.id) for event in told]


async def test_asking_for_the_next_event_without_an_answer_is_refused(department: Department) -> None:
    department.fake.record_many(2)
    async with department.subscriber() as subscriber:
        with pytest.raises(NotAcknowledged, match=r"event\.ack"):
            async for _ in subscriber:
                pass


async def test_iterating_may_fail_and_park(department: Department) -> None:
    fails, hopeless, fine = department.fake.record_many(3)
    answered = []
    async with department.subscriber() as subscriber:
        async for event in subscriber:
            answered.append(event.id)
            if event.id == str(fails.id) and answered.count(event.id) == 1:
                await event.fail("later")
            elif event.id == str(hopeless.id):
                await event.park("never")
            else:
                await event.ack()
            if len(answered) == 4:
                break
    assert answered == [str(fails.id), str(hopeless.id), str(fine.id), str(fails.id)]
    assert [each.event.id for each in await department.inbox.waiting()] == [str(hopeless.id)]


async def test_what_ends_the_subscriber_ends_the_iteration(department: Department) -> None:
    department.inbox.close()
    with pytest.raises(sqlite3.ProgrammingError):
        async for _ in department.subscriber():
            pass


async def test_a_subscriber_runs_once(department: Department) -> None:
    async with department.at_work() as subscriber:
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="runs already"):
            await subscriber.run(department.handle)

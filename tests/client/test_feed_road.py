"""Behind a firewall: the feed alone."""

import asyncio

import pytest

from onevisit_client import PlatformRefused
from tests.client.conftest import Department
from tests.client.fake import BIRTHS, DEATHS


async def test_every_event_is_handed_out_once_in_order(department: Department) -> None:
    told = department.fake.record_many(700)
    async with department.at_work() as subscriber:
        await department.until_handed(700)
        assert subscriber.road == "feed"
        told.append(department.fake.record(DEATHS))
        await department.until_handed(701)
    assert department.ids == [str(event.id) for event in told]


async def test_what_was_handed_out_before_is_not_again(department: Department) -> None:
    department.fake.record_many(10)
    async with department.at_work():
        await department.until_handed(10)
    fresh = department.fake.record()
    async with department.at_work():
        await department.until_handed(11)
    assert department.ids[10:] == [str(fresh.id)]


async def test_other_topics_are_left_alone(department: Department) -> None:
    department.fake.record(DEATHS)
    birth = department.fake.record(BIRTHS)
    async with department.at_work(BIRTHS):
        await department.until_handed(1)
    assert department.ids == [str(birth.id)]


async def test_a_platform_that_is_away_is_waited_for(department: Department) -> None:
    department.fake.away.add("/v1/events")
    department.fake.record()
    async with department.at_work():
        await department.until(lambda: department.fake.calls["/v1/events"] > 1)
        department.fake.away.clear()
        await department.until_handed(1)


async def test_a_service_that_is_away_keeps_its_place(department: Department) -> None:
    first = department.fake.record(source="/licensing")
    department.fake.silent.append("licensing")
    second = department.fake.record()
    async with department.at_work():
        await department.until_handed(1)
        department.fake.silent.clear()
        await department.until_handed(2)
    assert department.ids == [str(second.id), str(first.id)]


async def test_a_refusal_ends_the_subscriber_and_says_why(department: Department) -> None:
    problem = {"code": "topic-not-allowed", "title": "No published sharing rule entitles you to these events"}
    department.fake.refusals["/v1/events"] = (403, problem)
    with pytest.raises(PlatformRefused) as refused:
        await department.subscriber().run(department.handle)
    assert (refused.value.status, refused.value.code, refused.value.body) == (403, "topic-not-allowed", problem)


async def test_an_event_that_the_feed_hides_is_not_passed_over(department: Department) -> None:
    told = department.fake.record_many(3)
    department.fake.hidden.add(told[1].id)
    alarms = []

    async def note(alarm: object) -> None:
        alarms.append(alarm)

    async with department.at_work(reconcile_seconds=0.1, on_alarm=note):
        await department.until(lambda: bool(alarms))
        assert department.ids == [str(told[0].id)]
        department.fake.hidden.clear()
        await department.until_handed(3)
    assert department.ids == [str(event.id) for event in told]


async def test_stopping_wakes_a_long_poll(department: Department) -> None:
    async with department.at_work() as subscriber:
        await department.until(lambda: department.fake.calls["/v1/events"] > 0)
        async with asyncio.timeout(2):
            await subscriber.stop()

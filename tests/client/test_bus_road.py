"""On the bus: a real NATS, whose server and store may go."""

import asyncio

import nats

from deploy.embedded.nats import Nats
from tests.client.conftest import Department, NewDepartment
from tests.client.fake import EVERYTHING, STREAM

REVOKED = "evt.certificate.revoked.birth-certificate.33.07.82"


async def unacknowledged(department: Department) -> tuple[int, int]:
    """How many events of the consumer are in somebody's hands, and how many wait."""
    client = await nats.connect(str(department.fake.nats_url))
    info = await client.jetstream().consumer_info(STREAM, "tax_births")
    await client.close()
    return (info.num_ack_pending or 0, info.num_pending or 0)


async def test_events_come_by_the_bus_and_are_acknowledged(connected: Department) -> None:
    told = connected.fake.record_many(450)
    await connected.fake.publish(told)
    async with connected.at_work(via="bus") as subscriber:
        await connected.until_handed(450)
        assert subscriber.road == "bus"
    assert connected.ids == [str(event.id) for event in told]
    assert await unacknowledged(connected) == (0, 0)
    assert connected.fake.calls["/v1/events"] == 0


async def test_an_event_that_comes_twice_has_its_effect_once(connected: Department) -> None:
    told = connected.fake.record_many(5)
    await connected.fake.publish([*told, *told, told[0]])
    async with connected.at_work(via="bus"):
        await connected.until_handed(5)
        last = connected.fake.record()
        await connected.fake.publish([last])
        await connected.until_handed(6)
    assert connected.ids == [str(event.id) for event in [*told, last]]
    assert await unacknowledged(connected) == (0, 0)


async def test_what_the_bus_lost_is_healed_before_the_later_event(connected: Department) -> None:
    told = connected.fake.record_many(10)
    await connected.fake.publish([*told[:3], *told[7:]])
    async with connected.at_work(via="bus"):
        await connected.until_handed(10)
    assert connected.ids == [str(event.id) for event in told]


async def test_the_order_of_the_bus_is_not_trusted(connected: Department) -> None:
    told = connected.fake.record_many(4)
    await connected.fake.publish([told[2], told[0], told[3], told[1]])
    async with connected.at_work(via="bus"):
        await connected.until_handed(4)
    assert connected.ids == [str(event.id) for event in told]


async def test_a_lost_tail_is_found_against_the_heads(connected: Department) -> None:
    told = connected.fake.record_many(3)
    await connected.fake.publish(told[:2])
    async with connected.at_work(via="bus", reconcile_seconds=1):
        await connected.until_handed(3)
    assert connected.ids == [str(event.id) for event in told]


async def test_what_is_no_event_is_an_alarm_and_stops_nothing(connected: Department) -> None:
    alarms = []

    async def note(alarm: object) -> None:
        alarms.append(alarm)

    first, second = connected.fake.record_many(2)
    await connected.fake.publish([first])
    client = await nats.connect(str(connected.fake.nats_url))
    for body in (b"", b"\xff", b"[]", b"{}", b'{"id": 7}'):
        await client.jetstream().publish(first.topic, body)
    await client.close()
    await connected.fake.publish([second])
    async with connected.at_work(via="bus", on_alarm=note):
        await connected.until_handed(2)
    assert len(alarms) == 5
    assert await unacknowledged(connected) == (0, 0)


async def test_the_server_may_die_and_come_back(new_department: NewDepartment, nats_private: Nats) -> None:
    department = await new_department(nats_private.url)
    before = department.fake.record_many(3)
    await department.fake.publish(before)
    async with department.at_work(via="bus"):
        await department.until_handed(3)
        nats_private.kill()
        after = department.fake.record_many(3)
        nats_private.start()
        await department.fake.publish(after)
        await department.until_handed(6)
    assert department.ids == [str(event.id) for event in [*before, *after]]


async def test_the_server_may_lose_its_store(new_department: NewDepartment, nats_private: Nats) -> None:
    department = await new_department(nats_private.url)
    before = department.fake.record_many(3)
    await department.fake.publish(before)
    async with department.at_work(via="bus"):
        await department.until_handed(3)
        nats_private.stop()
        nats_private.wipe()
        nats_private.start()
        after = department.fake.record_many(3)
        await department.fake.publish([*before, *after])
        await department.until_handed(6)
    assert department.ids == [str(event.id) for event in [*before, *after]]


async def test_without_a_bus_the_feed_serves(new_department: NewDepartment, nats_private: Nats) -> None:
    nats_private.stop()
    department = await new_department(nats_private.url)
    department.fake.nats_url = None  # it cannot make the consumer, and names an address where nobody listens
    department.fake.record_many(3)
    async with department.at_work(via="auto") as subscriber:
        await department.until_handed(3)
        assert subscriber.road == "feed"
    assert len(department.ids) == 3


async def test_the_connection_is_made_anew_before_the_token_ends(connected: Department) -> None:
    connected.fake.token_seconds = 3
    told = connected.fake.record_many(3)
    await connected.fake.publish(told)
    async with connected.at_work(via="bus"):
        await connected.until_handed(3)
        await connected.until(lambda: connected.fake.calls["/v1/subscriptions"] > 1)
        more = connected.fake.record_many(3)
        await connected.fake.publish(more)
        await connected.until_handed(6)
    assert connected.ids == [str(event.id) for event in [*told, *more]]
    assert connected.fake.tokens_given > 1


async def test_a_consumer_that_vanished_is_asked_for_again(connected: Department) -> None:
    async with connected.at_work(via="bus") as subscriber:
        await connected.until(lambda: subscriber.road == "bus")
        await connected.fake.publish(first := connected.fake.record_many(2))
        await connected.until_handed(2)
        client = await nats.connect(str(connected.fake.nats_url))
        await client.jetstream().delete_consumer(STREAM, "tax_births")
        await client.close()
        await connected.fake.publish(second := connected.fake.record_many(2))
        await connected.until_handed(4)
    assert connected.ids == [str(event.id) for event in [*first, *second]]


async def test_stopping_finishes_what_is_in_hand_and_takes_nothing_new(connected: Department) -> None:
    told = connected.fake.record_many(20)
    await connected.fake.publish(told)
    subscriber = connected.subscriber(via="bus")
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(event: object) -> None:
        begun.set()
        await may_end.wait()
        await connected.handle(event)  # type: ignore[arg-type]

    running = asyncio.create_task(subscriber.run(slowly))
    await begun.wait()
    stopping = asyncio.create_task(subscriber.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    may_end.set()
    await stopping
    await running
    assert connected.ids == [str(told[0].id)]
    assert await unacknowledged(connected) == (19, 0)
    async with connected.at_work(via="bus", reconcile_seconds=1):
        await connected.until_handed(20)
    assert connected.ids == [str(event.id) for event in told]


async def test_what_somebody_left_in_hand_comes_before_what_follows_it(connected: Department) -> None:
    """Events of one entity on two topics: the bus alone would bring the later ones first, for half a minute."""
    issued = connected.fake.record()
    revoked = connected.fake.record(REVOKED, subject=issued.subject)
    await connected.fake.publish([issued, revoked])
    await connected.platform.subscribe("births", [EVERYTHING])
    client = await nats.connect(str(connected.fake.nats_url))
    subscription = await client.jetstream().pull_subscribe_bind("tax_births", STREAM)
    assert len(await subscription.fetch(1)) == 1
    await client.close()
    again = connected.fake.record(REVOKED, subject=issued.subject)
    await connected.fake.publish([again])
    async with connected.at_work(via="bus"):
        await connected.until_handed(3)
    assert connected.ids == [str(event.id) for event in [issued, revoked, again]]


async def test_a_gap_is_healed_on_all_topics_in_the_order_of_the_source(connected: Department) -> None:
    before = connected.fake.record()
    issued = connected.fake.record(subject=before.subject)
    revoked = [connected.fake.record(REVOKED, subject=before.subject) for _ in range(2)]
    await connected.fake.publish([before, revoked[1]])
    async with connected.at_work(via="bus"):
        await connected.until_handed(4)
    assert connected.ids == [str(event.id) for event in [before, issued, *revoked]]

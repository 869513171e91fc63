import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import nats
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.embedded.nats import Nats
from shared.database import Database
from shared.messaging import inbox
from shared.messaging.bell import Bell
from shared.messaging.envelope import Event
from shared.messaging.jetstream import JetStream
from shared.messaging.pulling import Delivery
from shared.messaging.reaction import Poison, Projection, Reaction, Retry
from shared.messaging.relay import Relay
from shared.messaging.subscriber import Subscriber
from tests.shared.messaging.diary import CONSUMER, Diary, done, effects, working
from tests.shared.messaging.events import NoteTaken, take_note
from tests.shared.messaging.parts import SERVICE, running, scalar, until


@pytest.fixture
def diary() -> Diary:
    return Diary()


async def take(database: Database, subject: UUID, *, version: int = 1, words: str = "") -> UUID:
    async with database.transaction() as conn:
        return await take_note(conn, subject, version=version, text=words)


async def parked(database: Database, count: int) -> bool:
    return bool(await scalar(database, "SELECT count(*) FROM parked") == count)


async def test_an_event_has_its_effect(database: Database, nats_server: str, diary: Diary) -> None:
    subject = uuid4()
    async with working(database, nats_server, diary):
        event = await take(database, subject, version=7)
        await until(lambda: done(database, 1))
    assert await effects(database) == [(subject, 7)]
    assert await scalar(database, "SELECT event_id FROM inbox") == event


async def test_an_event_delivered_twice_has_one_effect(database: Database, nats_server: str, diary: Diary) -> None:
    subjects = [uuid4() for _ in range(3)]
    async with working(database, nats_server, diary) as bus:
        for subject in subjects:
            await take(database, subject)
        await until(lambda: done(database, 3))
        await publish_again(nats_server, 1)
        await publish_again(nats_server, 3)
        last = uuid4()
        await take(database, last)
        await until(lambda: done(database, 4))
        await until(lambda: acknowledged(bus, 6))
    assert [subject for subject, _ in await effects(database)] == [*subjects, last]


async def test_a_lost_store_delivers_everything_again_and_changes_nothing(
    database: Database, nats_private: Nats, diary: Diary
) -> None:
    async with working(database, nats_private.url, diary) as bus:
        for _ in range(5):
            await take(database, uuid4())
        await until(lambda: done(database, 5))
        nats_private.kill()
        nats_private.wipe()
        nats_private.start()
        await take(database, uuid4())
        await until(lambda: done(database, 6))
        await until(lambda: acknowledged(bus, 6))
    assert len(await effects(database)) == 6


async def test_what_was_under_way_when_a_session_ended_comes_before_what_is_new(
    database: Database, nats_server: str, diary: Diary
) -> None:
    subject = uuid4()
    bus, bell = JetStream(nats_server, name="test"), Bell(database)
    async with running(bus.run(), bell.run(), Relay(SERVICE, database, bus, bell).run()):
        for version in range(1, 11):
            await take(database, subject, version=version)
        await bus.connected()
        await until(lambda: stream_holds(bus, 10))
        pull = await bus.pull(CONSUMER, topics=["evt.note.taken.>"])
        in_hand: list[Delivery] = []
        while len(in_hand) < 4:
            in_hand += await pull.fetch(at_most=4 - len(in_hand), seconds=5)
        await pull.acknowledge(in_hand[:2])
        await pull.close()
    async with working(database, nats_server, diary):
        await take(database, subject, version=11)
        await until(lambda: done(database, 9))
    assert await versions(database, subject) == list(range(3, 12))


async def test_an_event_that_fails_parks_its_entity_and_nobody_else(
    database: Database, nats_server: str, diary: Diary
) -> None:
    sick, sound = uuid4(), uuid4()
    diary.troubles["bad"] = Poison("wrong kind")
    async with working(database, nats_server, diary):
        await take(database, sick, version=1)
        await take(database, sick, version=2, words="bad")
        await take(database, sick, version=3)
        await take(database, sound)
        await until(lambda: parked(database, 2))
        await until(lambda: done(database, 2))
        await take(database, sick, version=4)
        await until(lambda: parked(database, 3))
        assert await effects(database) == [(sick, 1), (sound, 1)]
        assert await scalar(database, "SELECT reason FROM parked WHERE attempts > 0") == "Poison: wrong kind"

        diary.troubles.clear()
        async with database.transaction() as conn:
            assert await inbox.redrive(conn, consumer=CONSUMER, subject=sick) == 1
        await take(database, sick, version=5)
        await until(lambda: done(database, 6))
    assert await versions(database, sick) == [1, 2, 3, 4, 5]
    assert await parked(database, 0)


async def test_a_person_may_skip_a_poisonous_event(database: Database, nats_server: str, diary: Diary) -> None:
    subject = uuid4()
    diary.troubles["bad"] = Poison("wrong kind")
    async with working(database, nats_server, diary):
        bad = await take(database, subject, version=1, words="bad")
        await take(database, subject, version=2)
        await until(lambda: parked(database, 2))
        async with database.transaction() as conn:
            await inbox.skip(conn, consumer=CONSUMER, event_id=bad)
        await until(lambda: done(database, 2))
    assert await versions(database, subject) == [2]


@pytest.mark.parametrize("trouble", [Retry("records away"), ZeroDivisionError("a name")])
async def test_what_fails_for_a_while_is_tried_again_in_order(
    database: Database, nats_server: str, diary: Diary, trouble: Exception
) -> None:
    subject = uuid4()
    diary.troubles["bad"] = trouble
    async with working(database, nats_server, diary):
        await take(database, subject, version=1, words="bad")
        await take(database, subject, version=2)
        await until(lambda: parked(database, 2))
        assert "a name" not in await scalar(database, "SELECT reason FROM parked WHERE attempts > 0")
        diary.troubles.clear()
        await until(lambda: done(database, 2))
    assert await versions(database, subject) == [1, 2]


async def test_a_failing_event_leaves_no_half_effect(database: Database, nats_server: str, diary: Diary) -> None:
    async def fail_late(conn: AsyncConnection, event: Event[NoteTaken], prepared: str) -> None:
        await diary.handle(conn, event, prepared)
        if event.data.text:
            raise Poison("late")

    reactions = [Reaction(NoteTaken, fail_late, diary.prepare)]
    bus, bell = JetStream(nats_server, name="test"), Bell(database)
    subscriber = Subscriber(database, bus, CONSUMER, reactions, lease_seconds=2)
    relay = Relay(SERVICE, database, bus, bell, lease_seconds=2)
    async with database.transaction() as conn:
        await take_note(conn, uuid4())
        await take_note(conn, uuid4(), text="bad")
        await take_note(conn, uuid4())
    async with running(bus.run(), bell.run(), relay.run(), subscriber.run()):
        await until(lambda: parked(database, 1))
        await until(lambda: done(database, 2))
    assert await scalar(database, "SELECT count(*) FROM effects") == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"{}", b'{"id":"x"}', b"\xff\x00", b'{"id":1,"subject":2,"position":3,"type":4}'],
)
async def test_what_is_no_event_is_parked_and_stops_nothing(
    database: Database, nats_server: str, diary: Diary, body: bytes
) -> None:
    async with working(database, nats_server, diary):
        await take(database, uuid4())
        await until(lambda: done(database, 1))
        client = await nats.connect(nats_server)
        await client.jetstream().publish("evt.note.taken.memo.33.07.82", body)
        await client.close()
        await until(lambda: parked(database, 1))
        await take(database, uuid4())
        await until(lambda: done(database, 2))


async def test_data_that_breaks_its_contract_is_parked_and_its_values_are_not_logged(
    database: Database, nats_server: str, diary: Diary
) -> None:
    async with working(database, nats_server, diary):
        await take(database, uuid4())
        await until(lambda: done(database, 1))
        await publish_again(nats_server, 1, number=b'"a secret"', as_new=True)
        await until(lambda: parked(database, 1))
    assert await scalar(database, "SELECT reason FROM parked") == "Poison: cannot be read"


async def test_a_projection_is_given_neighbours_together_and_a_sick_one_alone(
    database: Database, nats_server: str
) -> None:
    subjects = [uuid4() for _ in range(5)]
    together: list[list[int]] = []

    async def note(conn: AsyncConnection, events: Sequence[Event[NoteTaken]]) -> None:
        numbers = [event.data.number for event in events]
        if 3 in numbers:
            raise Poison("three")
        together.append(numbers)

    async with database.transaction() as conn:
        for number, subject in enumerate(subjects, start=1):
            await take_note(conn, subject, number=number)
    bus, bell = JetStream(nats_server, name="test"), Bell(database)
    relay = Relay(SERVICE, database, bus, bell, lease_seconds=2)
    subscriber = Subscriber(database, bus, CONSUMER, [Projection(NoteTaken, note)], lease_seconds=2)
    async with running(bus.run(), bell.run(), relay.run()):
        await bus.connected()
        await until(lambda: stream_holds(bus, 5))
        async with running(subscriber.run()):
            await until(lambda: parked(database, 1))
            await until(lambda: done(database, 4))
            async with database.transaction() as conn:
                for number in range(6, 16):
                    await take_note(conn, uuid4(), number=number)
            await until(lambda: done(database, 14))
    assert [number for numbers in together for number in numbers] == [1, 2, 4, 5, *range(6, 16)]
    assert any(len(numbers) > 1 for numbers in together)


async def test_of_two_processes_one_reacts_and_the_other_takes_over(
    database: Database, nats_server: str, diary: Diary
) -> None:
    other = Diary()
    async with AsyncExitStack() as second:
        async with working(database, nats_server, diary):
            await take(database, uuid4())
            await until(lambda: done(database, 1))
            await second.enter_async_context(working(database, nats_server, other))
            await take(database, uuid4())
            await until(lambda: done(database, 2))
            assert not other.prepared
        await asyncio.gather(*(take(database, uuid4()) for _ in range(4)))
        await until(lambda: done(database, 6))
    assert len(await effects(database)) == 6
    assert (len(diary.prepared), len(other.prepared)) == (2, 4)


async def test_one_consumer_reacts_once_to_one_event(database: Database, diary: Diary) -> None:
    reaction = Reaction(NoteTaken, diary.handle, diary.prepare)
    with pytest.raises(ValueError, match="reacts twice"):
        Subscriber(database, JetStream("nats://localhost:1", name="test"), CONSUMER, [reaction, reaction])


async def versions(database: Database, subject: UUID) -> list[int]:
    return [version for each, version in await effects(database) if each == subject]


async def publish_again(url: str, sequence: int, *, number: bytes | None = None, as_new: bool = False) -> None:
    client = await nats.connect(url)
    message = await client.jetstream().get_msg("EVT", sequence)
    body = message.data or b""
    if number is not None:
        body = body.replace(b'"number":1', b'"number":' + number)
    if as_new:
        body = body.replace(body[body.index(b'"id"') : body.index(b'"source"')], b'"id":"%s",' % str(uuid4()).encode())
    await client.jetstream().publish(str(message.subject), body)
    await client.close()


async def acknowledged(bus: JetStream, sequence: int) -> bool:
    info: Any = await bus._context().consumer_info("EVT", CONSUMER)
    return bool(info.ack_floor.stream_seq >= sequence)


async def stream_holds(bus: JetStream, count: int) -> bool:
    try:
        return await bus.last_sequence() == count
    except nats.js.errors.NotFoundError:
        return False

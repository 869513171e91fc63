import asyncio
import shutil
from uuid import UUID, uuid4

import nats
import orjson
from sqlalchemy import text

from deploy.embedded.nats import Nats
from shared.database import Database
from shared.messaging.chain import GENESIS, link
from tests.shared.messaging.events import take_note
from tests.shared.messaging.parts import all_published, relaying, scalar, stored, until
from tests.support.roles import as_owner


async def take(database: Database, subject: UUID | None = None, *, version: int = 1) -> UUID:
    async with database.transaction() as conn:
        return await take_note(conn, subject or uuid4(), version=version)


async def test_a_committed_event_is_on_the_bus(database: Database, nats_server: str) -> None:
    async with relaying(database, nats_server):
        event = await take(database)
        await until(lambda: all_published(database))
    (found,) = await stored(nats_server)
    assert (found.id, found.position, found.sequence) == (event, 1, 1)
    assert found.message_id.split(":")[::2] == ["records", "1"]


async def test_a_late_commit_is_not_skipped(database: Database, nats_server: str) -> None:
    entity = uuid4()
    async with relaying(database, nats_server):
        async with database.transaction() as late:
            first = await take_note(late, uuid4())
            second = await take(database, entity)
            await until(lambda: all_published(database))
        third = await take(database, entity, version=2)
        await until(lambda: all_published(database))
    assert [event.id for event in await stored(nats_server)] == [second, first, third]


async def test_numbers_have_no_gap_under_concurrent_writers_that_roll_back(
    database: Database, nats_server: str
) -> None:
    async def write(number: int) -> None:
        async with database.engine.begin() as conn:
            for version in range(1, 4):
                await take_note(conn, uuid4(), version=version, kind=f"kind-{number % 3}")
            await (conn.rollback() if number % 2 else conn.commit())

    async with relaying(database, nats_server):
        await asyncio.gather(*(write(number) for number in range(40)))
        await until(lambda: all_published(database))
    events = await stored(nats_server)
    assert [event.position for event in events] == list(range(1, 61))
    for topic in {event.topic for event in events}:
        sequences = [event.sequence for event in events if event.topic == topic]
        assert sequences == list(range(1, len(sequences) + 1))


async def test_events_of_one_entity_keep_the_order_of_its_versions(database: Database, nats_server: str) -> None:
    entity = uuid4()
    async with relaying(database, nats_server):
        for version in range(1, 30):
            await take(database, entity, version=version)
            await take(database)
        await until(lambda: all_published(database))
    versions = [event.version for event in await stored(nats_server) if event.subject == entity]
    assert versions == list(range(1, 30))


async def test_a_subscriber_can_recompute_the_running_hash(database: Database, nats_server: str) -> None:
    async with relaying(database, nats_server):
        for number in range(10):
            async with database.transaction() as conn:
                await take_note(conn, uuid4(), version=1, number=number + 1, text="孩子")
        await until(lambda: all_published(database))
    head = GENESIS
    for event in await stored(nats_server):
        # Keys in order, no spaces, text as it is: RFC 8785 by hand.
        head = link(head, event.id, f'{{"number":{event.data["number"]},"text":"{event.data["text"]}"}}')
    assert await scalar(database, "SELECT hash FROM topic_heads") == head


async def test_the_log_goes_on_while_the_bus_is_down(database: Database, nats_private: Nats) -> None:
    async with relaying(database, nats_private.url):
        await take(database)
        await until(lambda: all_published(database))
        nats_private.stop()
        for _ in range(5):
            await take(database)
        await until(lambda: _numbered(database, 6))
        assert await scalar(database, "SELECT published_through FROM relay_state") == 1
        nats_private.start()
        await until(lambda: all_published(database))
    assert {event.position for event in await stored(nats_private.url)} == set(range(1, 7))


async def test_a_lost_store_is_fed_again_without_an_operator(database: Database, nats_private: Nats) -> None:
    async with relaying(database, nats_private.url):
        events = [await take(database) for _ in range(5)]
        await until(lambda: all_published(database))
        nats_private.kill()
        nats_private.wipe()
        nats_private.start()
        events.append(await take(database))
        await until(lambda: _stored_all(nats_private.url, events))
    assert [event.id for event in await stored(nats_private.url)] == events


async def test_a_deleted_stream_is_noticed_although_the_connection_stays(database: Database, nats_server: str) -> None:
    async with relaying(database, nats_server) as bus:
        events = [await take(database) for _ in range(5)]
        await until(lambda: all_published(database))
        await bus._context().delete_stream("EVT")
        events.append(await take(database))
        await until(lambda: _stored_all(nats_server, events))
    assert [event.id for event in await stored(nats_server)] == events


async def test_a_lost_tail_is_published_again_under_other_message_ids(database: Database, nats_private: Nats) -> None:
    store, kept = nats_private.directory / "store", nats_private.directory / "kept"
    async with relaying(database, nats_private.url):
        events = [await take(database) for _ in range(3)]
        await until(lambda: all_published(database))
        nats_private.stop()
        shutil.copytree(store, kept)
        nats_private.start()
        events += [await take(database) for _ in range(3)]
        await until(lambda: all_published(database))
        # As after a crash of a server that had acknowledged what it had not yet written.
        nats_private.kill()
        nats_private.wipe()
        kept.rename(store)
        nats_private.start()
        await until(lambda: _stored_all(nats_private.url, events))
    found = await stored(nats_private.url)
    assert [event.id for event in found] == events
    epochs = [int(event.message_id.split(":")[1]) for event in found]
    assert epochs[3] > epochs[2] + 1


async def test_a_database_that_was_put_back_publishes_nothing_until_the_bus_is_empty(
    database: Database, nats_private: Nats
) -> None:
    async with relaying(database, nats_private.url):
        kept = [await take(database) for _ in range(2)]
        await until(lambda: all_published(database))
        async with database.read() as conn:
            then = dict((await conn.execute(text("SELECT * FROM relay_state"))).mappings().one())
        await take(database)
        await until(lambda: all_published(database))
    await _put_back(database, then)
    async with relaying(database, nats_private.url):
        kept.append(await take(database))
        await until(lambda: _numbered(database, 3))
        await asyncio.sleep(1)
        assert len(await stored(nats_private.url)) == 3
        assert kept[-1] not in [event.id for event in await stored(nats_private.url)]
        nats_private.stop()
        nats_private.wipe()
        nats_private.start()
        await until(lambda: _stored_all(nats_private.url, kept))
    assert [event.position for event in await stored(nats_private.url)] == [1, 2, 3]


BY_HAND = "evt.by.hand"
FOREIGN = [None, "", "by-hand", "records", "records:1", "records:1:2:3", "records:x:y", "identity:1:7", "a:b:c:d"]


async def test_what_others_put_into_the_stream_by_hand_keeps_nothing_from_being_published(
    database: Database, nats_private: Nats
) -> None:
    events = [await take(database) for _ in range(3)]
    async with relaying(database, nats_private.url):
        await until(lambda: all_published(database))
    client = await nats.connect(nats_private.url)
    for message_id in FOREIGN:
        headers = None if message_id is None else {"Nats-Msg-Id": message_id}
        await client.jetstream().publish(BY_HAND, b"no event", headers=headers)
    # As if the tail had been lost, too: what is left of ours is looked for among these.
    async with database.transaction() as conn:
        await conn.execute(text("UPDATE relay_state SET stream_sequence = stream_sequence - 1"))
    async with relaying(database, nats_private.url) as bus:
        events.append(await take(database))
        await until(lambda: all_published(database))
        found = [await client.jetstream().get_msg("EVT", each + 1) for each in range(await bus.last_sequence())]
    await client.close()
    assert [UUID(orjson.loads(each.data or b"")["id"]) for each in found if each.subject != BY_HAND] == events
    assert len(found) == len(events) + len(FOREIGN)


async def test_the_log_goes_on_in_a_new_partition(database: Database, nats_server: str) -> None:
    async with database.transaction() as conn:
        await conn.execute(text("UPDATE relay_state SET last_position = 999998, published_through = 999998"))
    async with relaying(database, nats_server):
        for _ in range(4):
            await take(database)
        await until(lambda: all_published(database))
    positions = [event.position for event in await stored(nats_server)]
    assert positions == [999999, 1000000, 1000001, 1000002]


async def _put_back(database: Database, state: dict[str, object]) -> None:
    """To when this was the relay's state, as its owner may: the log of a restored database ends there."""
    owner = Database(as_owner(database.engine.url.render_as_string(hide_password=False)), pool_size=1)
    async with owner.transaction() as conn:
        await conn.execute(text("ALTER TABLE event_log DISABLE TRIGGER USER"))
        await conn.execute(text("DELETE FROM event_log WHERE position > :last_position"), state)
        await conn.execute(text("ALTER TABLE event_log ENABLE TRIGGER USER"))
        columns = ", ".join(f"{name} = :{name}" for name in state)
        await conn.execute(text(f"UPDATE relay_state SET {columns}"), state)  # noqa: S608 - the table's own columns
    await owner.close()


async def _numbered(database: Database, position: int) -> bool:
    return bool(await scalar(database, "SELECT last_position FROM relay_state") == position)


async def _published_through(database: Database, position: int) -> bool:
    return bool(await scalar(database, "SELECT published_through FROM relay_state") == position)


async def _stored_all(url: str, events: list[UUID]) -> bool:
    return {event.id for event in await stored(url)} == set(events)

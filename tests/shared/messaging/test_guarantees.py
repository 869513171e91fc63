"""What each guarantee hangs on, one at a time: each of these goes red for a mistake that others have made."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nats.js.api import AckPolicy, DeliverPolicy, DiscardPolicy, StorageType
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import DATABASE_ERRORS, Database
from shared.messaging import inbox
from shared.messaging.bell import Bell
from shared.messaging.envelope import Event
from shared.messaging.failpoints import armed
from shared.messaging.jetstream import JetStream
from shared.messaging.lease import Lease, LeaseLost, acquire, lead
from shared.messaging.numbering import number_pending
from shared.messaging.publishing import Publisher
from shared.messaging.reaction import MAX_DELAY_SECONDS, Reaction, Retry, retry_seconds
from shared.messaging.relay import Relay
from shared.messaging.runtime import MessagingRuntime
from shared.messaging.subscriber import Subscriber
from tests.shared.messaging.diary import CONSUMER, Diary, done, effects
from tests.shared.messaging.events import NoteTaken, take_note
from tests.shared.messaging.parts import SERVICE, relaying, running, scalar, stored, until
from tests.shared.messaging.test_runtime import settings_for


class Crashed(BaseException):
    """No handler of errors catches it, as none catches the end of a process."""


def crash() -> None:
    raise Crashed


async def take(database: Database, subject: UUID, *, version: int = 1) -> None:
    async with database.transaction() as conn:
        await take_note(conn, subject, version=version)


async def lease_of(database: Database, *, seconds: float = 60) -> Lease:
    lease = await acquire(database, "relay", seconds=seconds)
    assert lease is not None
    return lease


async def test_nothing_is_published_whose_number_may_yet_be_rolled_back(database: Database, nats_server: str) -> None:
    with suppress(TimeoutError):
        try:
            async with asyncio.timeout(5), relaying(database, nats_server):
                await until(lambda: begun(database))
                with armed("numbering.written", crash):
                    await take(database, uuid4())
                    await asyncio.sleep(60)
        except* Crashed:
            pass
    assert await stored(nats_server) == []
    assert await scalar(database, "SELECT count(*) FROM outbox") == 1


async def test_two_that_number_at_once_keep_the_order_of_an_entity(database: Database) -> None:
    """The second begins while the first has taken its events and not yet written them."""
    entity, lease = uuid4(), await lease_of(database)
    for version in range(1, 5):
        await take(database, entity, version=version)
    others: list[threading.Thread] = []

    def begin_another() -> None:
        if not others:
            others.append(threading.Thread(target=asyncio.run, args=(number_some(database.url, lease),)))
            others[0].start()
            # It waits for the first, if all is well, and can only be waited for in vain.
            others[0].join(1)

    with armed("numbering.taken", begin_another):
        assert await number_pending(database, lease, limit=2) == 2
        await asyncio.to_thread(others[0].join, 20)
    async with database.read() as conn:
        versions = (await conn.execute(text("SELECT version FROM event_log ORDER BY position"))).scalars().all()
    assert versions == [1, 2, 3, 4]


async def number_some(url: str, lease: Lease) -> None:
    database = Database(url)
    await number_pending(database, lease, limit=2)
    await database.close()


async def test_an_event_is_numbered_however_long_ago_it_was_recorded(database: Database) -> None:
    await take(database, uuid4())
    async with database.transaction() as conn:
        await conn.execute(text("UPDATE outbox SET recorded_at = clock_timestamp() - interval '40 days'"))
    assert await number_pending(database, await lease_of(database)) == 1
    assert await scalar(database, "SELECT count(*) FROM event_log") == 1


async def test_a_publisher_that_was_paused_moves_no_watermark(database: Database, nats_server: str) -> None:
    bus = JetStream(nats_server, name="test")
    stale, fresh = (Publisher(SERVICE, database, bus, Bell(database)) for _ in range(2))
    async with running(bus.run()):
        generation = await bus.connected()
        first = await lease_of(database, seconds=0)
        await take(database, uuid4())
        await number_pending(database, first)
        session, watermark = await stale._begin(first, generation)
        rows = await stale._read(after=watermark.position)
        async with database.transaction() as conn:
            await conn.execute(text("UPDATE leases SET held_until = clock_timestamp() - interval '1 second'"))
        await fresh._begin(await lease_of(database), generation)
        with pytest.raises(LeaseLost):
            await stale._publish(rows, session)
    assert await scalar(database, "SELECT published_through FROM relay_state") == 0


async def test_what_had_its_effect_cannot_be_noted_again(database: Database) -> None:
    """Also where two processes handled it at once, and neither saw the other."""
    event = uuid4()
    async with database.transaction() as conn:
        await inbox.mark_done(conn, consumer="records-notes", event_ids=[event])
    with pytest.raises(IntegrityError):
        async with database.transaction() as conn:
            await inbox.mark_done(conn, consumer="records-notes", event_ids=[event])


async def test_the_leader_is_durable_where_the_server_is_set_otherwise(database: Database) -> None:
    """What it saw is published, or its effect acknowledged: it must not be gone after a power cut."""
    lease = await lease_of(database)
    async with database.transaction() as conn:
        await conn.execute(text("SET LOCAL synchronous_commit = off"))
        await lease.fence(conn)
        assert (await conn.execute(text("SHOW synchronous_commit"))).scalar_one() == "on"


async def test_stream_and_consumers_are_set_so_that_the_server_drops_nothing(nats_server: str) -> None:
    bus = JetStream(nats_server, name="test")
    async with running(bus.run()):
        await bus.connected()
        pull = await bus.pull("records-notes", topics=["evt.note.taken.>"])
        consumer = (await bus._context().consumer_info("EVT", "records-notes")).config
        stream = (await bus._context().stream_info("EVT")).config
        await pull.close()
    assert (consumer.ack_policy, consumer.deliver_policy) == (AckPolicy.EXPLICIT, DeliverPolicy.ALL)
    assert (consumer.max_deliver, consumer.deliver_subject, consumer.inactive_threshold) == (-1, None, None)
    assert (stream.storage, stream.discard) == (StorageType.FILE, DiscardPolicy.NEW)
    assert (stream.deny_delete, stream.deny_purge) == (True, True)
    assert (stream.max_age, stream.max_msgs, stream.max_bytes) == (0, -1, -1)


@pytest.mark.parametrize(
    ("attempts", "at_most"), [(1, 1.0), (4, 8.0), (30, MAX_DELAY_SECONDS)], ids=["first", "fourth", "thirtieth"]
)
def test_what_failed_together_does_not_come_back_together(attempts: int, at_most: float) -> None:
    delays = [retry_seconds(Retry("away"), attempts=attempts) or 0.0 for _ in range(300)]
    assert at_most / 2 <= min(delays) < at_most * 0.6
    assert at_most * 0.9 < max(delays) <= at_most


async def test_after_the_database_was_away_everything_goes_on_in_the_same_process(
    database: Database, nats_server: str, tmp_path: Path
) -> None:
    """Twice, because what goes on after the first time may have lost the will to go on after the second."""
    diary = Diary()
    messaging = MessagingRuntime(SERVICE, database, settings_for(database, nats_server, tmp_path))
    messaging.subscribe("notes", [Reaction(NoteTaken, diary.handle, diary.prepare)])
    async with messaging.running():
        for count in (1, 2, 3):
            await take(database, uuid4())
            await until(lambda count=count: done(database, count))  # type: ignore[misc]
            await cut_connections(database)
    assert len(await effects(database)) == 3


async def test_who_lost_the_lease_may_lead_again(database: Database) -> None:
    terms: list[int] = []

    async def work(lease: Lease) -> None:
        terms.append(lease.term)
        await let_others_lead(database, "work")
        await asyncio.sleep(60)

    async with running(lead(database, "work", work, seconds=0.2)):
        await until(lambda: reached(terms, 3))
    assert terms == sorted(terms)


async def test_what_committed_without_an_answer_is_not_parked(database: Database, nats_server: str) -> None:
    """The effect is there and the note of it; only the answer to the commit was lost."""
    calls: list[UUID] = []

    async def commit_and_hear_nothing(conn: AsyncConnection, event: Event[NoteTaken], prepared: None) -> None:
        if event.id not in calls:
            async with database.transaction() as other:
                await inbox.mark_done(other, consumer=CONSUMER, event_ids=[event.id])
        calls.append(event.id)
        raise ConnectionResetError

    bus, bell = JetStream(nats_server, name="test"), Bell(database)
    subscriber = Subscriber(database, bus, CONSUMER, [Reaction(NoteTaken, commit_and_hear_nothing)], lease_seconds=2)
    relay = Relay(SERVICE, database, bus, bell, lease_seconds=2)
    async with running(bus.run(), bell.run(), relay.run(), subscriber.run()):
        await take(database, uuid4())
        await until(lambda: reached(calls, 2))
        await take(database, uuid4())
        await until(lambda: reached(calls, 4))
    assert await scalar(database, "SELECT count(*) FROM parked") == 0


async def reached(found: Sequence[object], count: int) -> bool:
    return len(found) >= count


async def let_others_lead(database: Database, name: str) -> None:
    """As if this process had been paused for longer than its lease, and another had led meanwhile."""
    async with database.transaction() as conn:
        await conn.execute(text("UPDATE leases SET term = term + 1 WHERE name = :name"), {"name": name})


async def cut_connections(database: Database) -> None:
    """As when PostgreSQL ends all its sessions after one of its processes was killed."""
    with suppress(*DATABASE_ERRORS):
        async with database.read() as conn:
            await conn.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename = current_user"
                )
            )


async def begun(database: Database) -> bool:
    """The publisher has looked at the stream, and waits for events."""
    return bool(await scalar(database, "SELECT epoch FROM relay_state") > 0)

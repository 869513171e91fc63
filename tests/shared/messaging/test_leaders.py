"""Two relays, one leads. A leader that was paused can at most repeat what had its number."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.database import Database
from shared.messaging.failpoints import armed
from shared.messaging.lease import Lease, LeaseLost, acquire
from shared.messaging.numbering import number_pending
from tests.shared.messaging.events import take_note
from tests.shared.messaging.parts import all_published, relaying, scalar, stored, until, without_repeats

PROJECT = Path(__file__).parents[3]


async def take(database: Database, count: int = 1) -> None:
    for _ in range(count):
        async with database.transaction() as conn:
            await take_note(conn, uuid4())


async def lease_of(database: Database) -> Lease:
    lease = await acquire(database, "relay", seconds=60)
    assert lease is not None
    return lease


async def let_it_expire(database: Database) -> None:
    """As if the time of the lease had passed while its holder was paused."""
    async with database.transaction() as conn:
        await conn.execute(text("UPDATE leases SET held_until = clock_timestamp() - interval '1 second'"))


async def test_only_one_leads_until_its_lease_expires(database: Database) -> None:
    first = await lease_of(database)
    assert await acquire(database, "relay") is None
    await let_it_expire(database)
    second = await lease_of(database)
    assert second.term == first.term + 1


async def test_a_leader_that_ends_leaves_the_lease_at_once(database: Database) -> None:
    await (await lease_of(database)).release(database)
    assert await acquire(database, "relay") is not None


async def test_a_paused_leader_gives_no_number(database: Database) -> None:
    stale = await lease_of(database)
    await take(database)
    await let_it_expire(database)
    fresh = await lease_of(database)
    with pytest.raises(LeaseLost):
        await number_pending(database, stale)
    assert await number_pending(database, fresh) == 1


async def test_nobody_takes_over_in_the_middle_of_a_numbering(database: Database) -> None:
    lease = await lease_of(database)
    await take(database, 3)
    waiting: list[asyncio.Task[Lease | None]] = []

    def pause() -> None:
        waiting.append(asyncio.create_task(acquire(database, "relay")))

    with armed("numbering.taken", pause):
        assert await number_pending(database, lease) == 3
    assert await waiting[0] is None
    assert await scalar(database, "SELECT last_position FROM relay_state") == 3


async def test_a_leader_paused_for_a_minute_only_repeats(database: Database, nats_server: str) -> None:
    """Paused where it hurts most: after the bus stored what it published, before it could write that down."""

    class Paused(BaseException):
        pass

    def pause() -> None:
        raise Paused

    await take(database, 5)
    with armed("publishing.sent", pause):
        try:
            async with asyncio.timeout(20), relaying(database, nats_server):
                await asyncio.sleep(60)
        except* Paused:
            pass
    async with relaying(database, nats_server):
        await take(database, 5)
        await until(lambda: all_published(database))
    found = await stored(nats_server)
    assert [event.position for event in found] == [*range(1, 6), *range(1, 11)]
    assert len(without_repeats(found)) == 10
    assert len({event.message_id for event in found}) == 15


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numbering.taken", "numbering.written", "publishing.read", "publishing.sent"])
async def test_a_stopped_process_wakes_up_and_changes_nothing(database: Database, nats_server: str, name: str) -> None:
    await take(database, 3)
    relay = start_relay(database, nats_server, failpoint=f"{name}:stop")
    try:
        await asyncio.to_thread(wait_until_stopped, relay.pid)
        its_sessions = await sessions(database)
        async with relaying(database, nats_server, lease_seconds=1):
            await take(database, 3)
            await until(lambda: all_published_without(database, its_sessions))
            os.kill(relay.pid, signal.SIGCONT)
            await take(database, 3)
            await until(lambda: all_published(database))
            await asyncio.to_thread(relay.wait, 20)
    finally:
        relay.kill()
        relay.wait()
    found = without_repeats(await stored(nats_server))
    assert [event.position for event in found] == list(range(1, 10))
    assert [event.sequence for event in found] == list(range(1, 10))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numbering.written", "publishing.sent"])
async def test_a_killed_process_is_replaced(database: Database, nats_server: str, name: str) -> None:
    await take(database, 3)
    relay = start_relay(database, nats_server, failpoint=f"{name}:crash")
    assert await asyncio.to_thread(relay.wait, 30) == -signal.SIGKILL
    async with relaying(database, nats_server):
        await take(database, 3)
        await until(lambda: all_published(database))
    assert [event.position for event in without_repeats(await stored(nats_server))] == list(range(1, 7))


RELAY = """
import asyncio, sys
from shared.database import Database
from shared.messaging.bell import Bell
from shared.messaging.jetstream import JetStream
from shared.messaging.relay import Relay

async def main() -> None:
    database, bus = Database(sys.argv[1]), JetStream(sys.argv[2], name="other")
    bell = Bell(database)
    async with asyncio.TaskGroup() as group:
        group.create_task(bus.run())
        group.create_task(bell.run())
        group.create_task(Relay("records", database, bus, bell, lease_seconds=1).run())
        # It ends by itself some time after it woke up.
        await asyncio.sleep(5)
        raise SystemExit(0)

asyncio.run(main())
"""


def start_relay(database: Database, nats_url: str, *, failpoint: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "ONEVISIT_FAILPOINT": failpoint, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [sys.executable, "-c", RELAY, database.url, nats_url],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until_stopped(pid: int) -> None:
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


async def sessions(database: Database) -> list[int]:
    """Everybody's in this database, but the one that asks."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    async with database.read() as conn:
        return list((await conn.execute(text(query))).scalars())


async def all_published_without(database: Database, stopped: list[int]) -> bool:
    """A stopped process keeps its transactions, and PostgreSQL ends them after a while
    (idle_in_transaction_session_timeout): here, at once. Where one of them ends, another of them gets its lock.
    """
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY(:pids) AND state LIKE 'idle in %'"
    async with database.read() as conn:
        await conn.execute(text(query), {"pids": stopped})
    return await all_published(database)

"""What an event costs with one subscription of a department and with two hundred.

The consumers are made as identity makes them. Two hundred that each follow a county of their own get an event once
between them: the same on the wire as one that follows all, so that what differs is the price of being subscribed. Two
hundred that all follow all get it two hundred times: what that costs more is the wire, told per delivery.

Being subscribed has no price, being woken has: NATS writes down where a consumer stands, in a file that it flushes,
once for however many events it was woken with. So two hundred cost as much as one where a county's events come in a
row, and more where each commit is for the next county.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import groupby

from deploy.embedded.home import Home
from shared.messaging.consumers import Consumers
from shared.messaging.jetstream import JetStream
from tests.bench import events
from tests.bench.drafts import Servers
from tests.bench.events import PER_COMMIT, WRITERS, Ours
from tests.bench.processes import cpu_by_program, cpu_seconds

COUNTIES = [f"33{city:02}{county:02}" for city in range(1, 21) for county in range(1, 11)]
EVERYTHING = "evt.bench.measured.>"
COMMITS_EACH = 8
CLIENT_PROCESSES = 2
# As long as a request of a consumer that gets nothing, and a little more: it is part of idling that it ends.
IDLE_SECONDS = 12


@dataclass(frozen=True)
class Cost:
    """Processor time in microseconds for each event, beyond what the platform takes while the same consumers wait:
    relay, inbox and PostgreSQL are `ours`, NATS is `server`. So many events `in_a_row` are for the same subscription.
    """

    subscriptions: int
    in_a_row: int
    deliveries: int
    ours: float
    server: float
    milliseconds: float


async def measure(home: Home, servers: Servers) -> list[Cost]:
    """One that follows all; two hundred with a county each, woken seldom and often; two hundred that follow all."""
    one = {"all": EVERYTHING}
    county = {f"county-{code}": f"evt.bench.measured.*.{code[:2]}.{code[2:4]}.{code[4:]}" for code in COUNTIES}
    everyone = {f"all-{code}": EVERYTHING for code in COUNTIES}
    in_turn, in_a_row = COUNTIES * COMMITS_EACH, [code for code in COUNTIES for _ in range(COMMITS_EACH)]
    async with events.ours(servers, keys=home.keys) as side, _bus(servers) as bus:
        rig = Rig(home, servers, side, bus)
        await _cost(rig, one, COUNTIES)  # warms up
        return [
            await _cost(rig, one, in_turn),
            await _cost(rig, county, in_a_row),
            await _cost(rig, county, in_turn),
            await _cost(rig, everyone, COUNTIES[:100]),
        ]


@dataclass(frozen=True)
class Rig:
    """What is measured: servers that run, our relay and subscriber, and a connection to make consumers by."""

    home: Home
    servers: Servers
    side: Ours
    bus: JetStream


@dataclass(frozen=True)
class Spent:
    """Processor time and time, in seconds."""

    ours: float
    server: float
    clock: float

    @classmethod
    def now(cls, home: Home, side: Ours) -> "Spent":
        """So far."""
        programs = cpu_by_program(home.running().supervisor)
        return cls(cpu_seconds(side.pid) + programs["postgres"], programs["nats-server"], time.monotonic())

    def beyond(self, before: "Spent") -> "Spent":
        """Since then."""
        return Spent(self.ours - before.ours, self.server - before.server, self.clock - before.clock)

    def without(self, idle: "Spent") -> "Spent":
        """Less what would have been spent anyway in this time."""
        share = self.clock / idle.clock
        return Spent(self.ours - idle.ours * share, self.server - idle.server * share, self.clock)


async def _cost(rig: Rig, topics: Mapping[str, str], regions: Sequence[str]) -> Cost:
    """Of one commit for each of these regions, one after the other."""
    side, consumers = rig.side, Consumers(rig.bus)
    # Not named as a department's, for identity would remove what it has no row of.
    names = {f"bench-{name}": topic for name, topic in topics.items()}
    end = await consumers.end_of_stream()
    for name, topic in names.items():
        await consumers.make(name, topics=[topic], after=end)
    count = len(regions) * PER_COMMIT
    share = {name: count // (1 if topic == EVERYTHING else len(COUNTIES)) for name, topic in names.items()}
    before = await side.effects()
    async with _pulling(rig.servers, share) as all_done:
        waiting = Spent.now(rig.home, side)
        await asyncio.sleep(IDLE_SECONDS)
        since = Spent.now(rig.home, side)
        idle = since.beyond(waiting)
        left = iter(regions)

        async def writer() -> None:
            for region in left:
                await side.record(region)

        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        await all_done()
        await side.until(before + count)
        spent = Spent.now(rig.home, side).beyond(since).without(idle)
    for name in names:
        await consumers.remove(name)
    each, deliveries = 1e6 / count, sum(share.values()) // count
    is_for_all = EVERYTHING in names.values()
    in_a_row = count if is_for_all else PER_COMMIT * max(len(list(run)) for _, run in groupby(regions))
    return Cost(len(names), in_a_row, deliveries, spent.ours * each, spent.server * each, spent.clock * each / 1000)


@asynccontextmanager
async def _bus(servers: Servers) -> AsyncGenerator[JetStream]:
    bus = JetStream(servers.nats, name="bench", user=servers.nats_user, password=servers.nats_password)
    running = asyncio.create_task(bus.run())
    await bus.connected()
    await bus.ensure_stream()
    yield bus
    running.cancel()


@asynccontextmanager
async def _pulling(servers: Servers, shares: Mapping[str, int]) -> AsyncGenerator[events.Commit]:
    names = list(shares)
    told = {"url": servers.nats, "user": servers.nats_user, "password": servers.nats_password}
    async with AsyncExitStack() as stack:
        clients = []
        for part in filter(None, (names[number::CLIENT_PROCESSES] for number in range(CLIENT_PROCESSES))):
            telling = json.dumps({**told, "shares": {name: shares[name] for name in part}})
            client = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.pullers", telling, stdout=asyncio.subprocess.PIPE
            )
            stack.push_async_callback(client.wait)
            clients.append(client)

        async def all_say(what: bytes) -> None:
            for client in clients:
                if client.stdout is None or (await client.stdout.readline()).strip() != what:
                    raise RuntimeError(f"a client that should pull is not {what.decode()}")

        await all_say(b"pulling")
        yield lambda: all_say(b"done")

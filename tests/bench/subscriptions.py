"""What an event costs with one subscription of a department and with two hundred.

The consumers are made as identity makes them. Two hundred that each follow a county of their own get an event once
between them: the same on the wire as one that follows all, so that what differs is the price of being subscribed. Two
hundred that all follow all get it two hundred times: what that costs more is the wire, told per delivery.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from deploy.embedded.home import Home
from shared.messaging.consumers import Consumers
from shared.messaging.jetstream import JetStream
from tests.bench import events
from tests.bench.drafts import Servers
from tests.bench.events import PER_COMMIT, WRITERS, Ours
from tests.bench.processes import cpu_by_program, cpu_seconds

COUNTIES = [f"33{city:02}{county:02}" for city in range(1, 21) for county in range(1, 11)]
EVERYTHING = "evt.bench.measured.>"
CLIENT_PROCESSES = 2
IDLE_SECONDS = 5


@dataclass(frozen=True)
class Cost:
    """Processor time in microseconds for each event, beyond what the idle platform takes: relay, inbox and PostgreSQL
    are `ours`, NATS is `server`.
    """

    subscriptions: int
    deliveries: int
    ours: float
    server: float
    milliseconds: float


async def measure(home: Home, servers: Servers, *, events_each: int) -> list[Cost]:
    """One that follows all; two hundred with a county each; two hundred that follow all."""
    county = {f"county-{code}": f"evt.bench.measured.*.{code[:2]}.{code[2:4]}.{code[4:]}" for code in COUNTIES}
    everyone = {f"all-{code}": EVERYTHING for code in COUNTIES}
    many = max(events_each, PER_COMMIT * len(COUNTIES))
    cases = [({"all": EVERYTHING}, many), (county, many), (everyone, many // 20)]
    async with events.ours(servers, keys=home.keys) as side, _bus(servers) as bus:
        await _cost(home, servers, side, bus, Spent(), *cases[0])  # warms up
        since = Spent.now(home, side)
        await asyncio.sleep(IDLE_SECONDS)
        idle = Spent.now(home, side).beyond(since)
        return [await _cost(home, servers, side, bus, idle, *case) for case in cases]


@dataclass(frozen=True)
class Spent:
    """Processor time and time, in seconds."""

    ours: float = 0.0
    server: float = 0.0
    clock: float = 0.0

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
        share = self.clock / idle.clock if idle.clock else 0.0
        return Spent(self.ours - idle.ours * share, self.server - idle.server * share, self.clock)


async def _cost(
    home: Home, servers: Servers, side: Ours, bus: JetStream, idle: Spent, topics: Mapping[str, str], count: int
) -> Cost:
    consumers = Consumers(bus)
    # Each county in turn, equally often.
    regions = (COUNTIES * (count // PER_COMMIT // len(COUNTIES))) or COUNTIES[: count // PER_COMMIT]
    commits = len(regions)
    # Not named as a department's, for identity would remove what it has no row of.
    names = {f"bench-{name}": topic for name, topic in topics.items()}
    end = await consumers.end_of_stream()
    for name, topic in names.items():
        await consumers.make(name, topics=[topic], after=end)
    share = {
        name: commits * PER_COMMIT // (1 if topic == EVERYTHING else len(COUNTIES)) for name, topic in names.items()
    }
    before = await side.effects()
    async with _pulling(servers, share) as all_done:
        since = Spent.now(home, side)
        left = iter(regions)

        async def writer() -> None:
            for region in left:
                await side.record(region)

        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        await all_done()
        await side.until(before + commits * PER_COMMIT)
        spent = Spent.now(home, side).beyond(since).without(idle)
    for name in names:
        await consumers.remove(name)
    each = 1e6 / (commits * PER_COMMIT)
    deliveries = sum(share.values()) // (commits * PER_COMMIT)
    return Cost(len(names), deliveries, spent.ours * each, spent.server * each, spent.clock * each / 1000)


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

"""The feed replayed from its beginning through the gateway, by a reader who checks every number and hash.

Ours: the gateway and the service certificates as they are deployed, on a database of their own whose log was filled
beforehand. The floor: two hand-written processes over the same rows. `CPU` and memory are those of each process.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2

from deploy.embedded import ports
from deploy.embedded.environment import Addresses, environment_for
from deploy.embedded.home import Home
from deploy.migration import migrate
from shared.canonical import canonical_json
from shared.contracts.events import CertificateIssued
from shared.ids import new_id
from shared.messaging.chain import GENESIS, link
from tests.bench.drafts import Servers, listening
from tests.bench.events import new_database
from tests.bench.processes import Memory, child

KIND = "household-register-page"
READER = "medical-insurance"
TOPIC = f"evt.certificate.issued.{KIND}.33.>"
COUNTIES = [f"33.{city:02}.{county:02}" for city in range(1, 6) for county in range(1, 7)]
PORTION = 20_000


@dataclass
class Replay:
    """What a replay took. Memory in MiB, when a fifth was read and at the end."""

    events: int
    seconds: float
    memory: dict[str, tuple[float, float]]

    @property
    def rate(self) -> float:
        return self.events / self.seconds


async def measure(home: Home, servers: Servers, *, events: int) -> tuple[Replay, Replay]:
    """Ours, then the floor, over the same log."""
    url = await new_database(servers.postgres)
    await migrate("certificates", url.replace("postgresql://", "postgresql+asyncpg://"))
    heads = await fill(url, events)
    async with ours(home, url) as (gateway, processes):
        first = await _replay(gateway, processes, home, heads, events)
    async with _floor(url) as (gateway, processes):
        floor = await _replay(gateway, processes, home, heads, events)
    return first, floor


async def fill(url: str, events: int) -> dict[str, tuple[int, int, bytes]]:
    """The log holds so many events, numbered and hashed as the relay does it; answers the heads of their topics."""
    heads: dict[str, tuple[int, int, bytes]] = {}
    begun = datetime.now(UTC)
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("UPDATE relay_state SET last_position = $1, published_through = $1", events)
        while await conn.fetchval("SELECT log_until <= last_position FROM relay_state"):
            await conn.execute("SELECT extend_event_log()")
        for start in range(1, events + 1, PORTION):
            rows = [_row(position, heads, begun) for position in range(start, min(start + PORTION, events + 1))]
            await conn.copy_records_to_table("event_log", records=rows, columns=_COLUMNS)
        rows = [(topic, *head) for topic, head in heads.items()]
        await conn.copy_records_to_table("topic_heads", records=rows, columns=["topic", "sequence", "position", "hash"])
        await conn.execute("ANALYZE event_log, topic_heads")
    finally:
        await conn.close()
    return heads


_COLUMNS = ["position", "sequence", "hash", "event_id", "type", "topic", "subject", "version", "occurred_at", "data"]


def _row(position: int, heads: dict[str, tuple[int, int, bytes]], begun: datetime) -> tuple[Any, ...]:
    at, event_id, certificate = begun + timedelta(milliseconds=position), new_id(), uuid4()
    topic = f"evt.certificate.issued.{KIND}.{COUNTIES[position % len(COUNTIES)]}"
    event = CertificateIssued(
        certificate=certificate,
        kind=KIND,
        party=uuid4(),
        issuer="public-security",
        state="in-force",
        issued_on=at.date(),
        case=uuid4(),
    )
    data = canonical_json(event.model_dump(mode="json")).decode()
    sequence, _, previous = heads.get(topic, (0, 0, GENESIS))
    heads[topic] = sequence + 1, position, link(previous, event_id, data)
    return position, sequence + 1, heads[topic][2], event_id, event.type, topic, certificate, 1, at, data


async def _replay(
    gateway: str, processes: dict[str, int], home: Home, heads: dict[str, tuple[int, int, bytes]], events: int
) -> Replay:
    told = {"gateway": gateway, "directory": str(home.directory), "reader": READER, "topic": TOPIC, "events": events}
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.reader", json.dumps(told), stdout=asyncio.subprocess.PIPE
    )
    assert reader.stdout is not None
    memory = Memory({**processes, "reader": reader.pid})
    lines = []
    async for line in reader.stdout:  # one when a fifth is read, one at the end
        memory.look()
        lines.append(json.loads(line))
    if await reader.wait() != 0 or lines[-1]["heads"] != {
        name: [n, hash_.hex()] for name, (n, _, hash_) in heads.items()
    }:
        raise RuntimeError("the replay is not what was written")
    return Replay(events, lines[-1]["seconds"], memory.growth())


@asynccontextmanager
async def ours(home: Home, url: str) -> AsyncGenerator[tuple[str, dict[str, int]]]:
    """The gateway and the service certificates run as they are deployed, over this database."""
    running = Addresses.of(home.running())
    service, gateway = ports.free_ports(2)
    told = environment_for(home, running, "certificates")
    # Without a worker nothing is published: what is measured is reading.
    told |= {"ONEVISIT_DATABASE_URL": url.replace("postgresql://", "postgresql+asyncpg://"), "ONEVISIT_RUN": "api"}
    beside = environment_for(home, running, "gateway")
    beside |= {"ONEVISIT_CERTIFICATES_URL": f"http://{ports.LOOPBACK}:{service}"}
    async with AsyncExitStack() as stack:
        pids = {
            "service": await stack.enter_async_context(
                child(["deploy.serve", "certificates", "--port", str(service)], told)
            ),
            "gateway": await stack.enter_async_context(
                child(["deploy.serve", "gateway", "--port", str(gateway)], beside)
            ),
        }
        await asyncio.gather(_ready(service), _ready(gateway))
        yield f"http://{ports.LOOPBACK}:{gateway}", pids


async def _ready(port: int) -> None:
    async with asyncio.timeout(60), httpx2.AsyncClient(trust_env=False) as http:
        while True:
            with suppress(httpx2.HTTPError):
                if (await http.get(f"http://{ports.LOOPBACK}:{port}/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _floor(url: str) -> AsyncGenerator[tuple[str, dict[str, int]]]:
    service, gateway = ports.free_ports(2)
    told = {**os.environ, "DATABASE": url, "SERVICE": f"http://{ports.LOOPBACK}:{service}"}
    async with AsyncExitStack() as stack:
        pids = {
            role: await stack.enter_async_context(child(["tests.bench.floor.feed", role, str(port)], told))
            for role, port in (("service", service), ("gateway", gateway))
        }
        await asyncio.gather(listening(service), listening(gateway))
        yield f"http://{ports.LOOPBACK}:{gateway}", pids

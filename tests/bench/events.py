"""Outbox to subscriber: 20 events per commit, until the subscriber has acknowledged them; ours beside the floor."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson

from shared.database import Database
from shared.ids import new_id
from shared.messaging.outbox import Recorded, record_many
from tests.bench.drafts import Servers, prepare_stream
from tests.bench.floor.events import INSERT, SCHEMA
from tests.bench.load import Figures
from tests.bench.ours import BenchMeasured, metadata
from tests.bench.processes import child

PER_COMMIT = 20
WRITERS = 4
PACE_PER_SECOND = 500

Commit = Callable[[], Awaitable[None]]


@dataclass
class Side:
    """One side: how it commits, and the database where its effects show."""

    commit: Commit
    probe: Any
    pid: int

    async def effects(self) -> int:
        return int(await self.probe.fetchval("SELECT count(*) FROM effects"))

    async def until(self, count: int) -> None:
        """Wait until so many events had their effect."""
        while await self.effects() < count:  # noqa: ASYNC110 - another process makes them
            await asyncio.sleep(0.02)


async def measure(servers: Servers, *, keys: Path, events: int, slices: int) -> tuple[Figures, Figures]:
    """Throughput from bursts in turn, then latency at a steady 500 events a second."""
    await prepare_stream(servers.nats_with_password)
    figures = Figures(), Figures()
    async with ours(servers, keys=keys) as first, _floor(servers) as second:
        for side in (first, second):
            await _burst(side, Figures(), events=events // 4)
        for _ in range(slices):
            for side, into in zip((first, second), figures, strict=True):
                await _burst(side, into, events=events)
        for side, into in zip((first, second), figures, strict=True):
            await _steady(side, into, seconds=4)
    return figures


async def _burst(side: Side, into: Figures, *, events: int) -> None:
    await side.probe.execute("TRUNCATE effects")  # or counting them would become part of the load
    begun = time.perf_counter()
    commits = iter(range(events // PER_COMMIT))

    async def writer() -> None:
        for _ in commits:
            await side.commit()

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    await side.until(events // PER_COMMIT * PER_COMMIT)
    into.rates.append(events / (time.perf_counter() - begun))


async def _steady(side: Side, into: Figures, *, seconds: int) -> None:
    before, since = await side.effects(), datetime.now(UTC)
    commits = seconds * PACE_PER_SECOND // PER_COMMIT
    for number in range(commits):
        started = time.perf_counter()
        await side.commit()
        await asyncio.sleep(max(0.0, PER_COMMIT / PACE_PER_SECOND - (time.perf_counter() - started)))
        assert number < commits
    await side.until(before + commits * PER_COMMIT)
    rows = await side.probe.fetch(
        "SELECT extract(epoch FROM received_at - occurred_at)::float AS late FROM effects WHERE occurred_at > $1", since
    )
    into.latencies.extend(row["late"] for row in rows)


@dataclass
class Ours(Side):
    """Ours, which can also record the events of another region."""

    record: Callable[[str], Awaitable[None]]


@asynccontextmanager
async def ours(servers: Servers, *, keys: Path) -> AsyncGenerator[Ours]:
    """Our relay and subscriber on a new database."""
    url = await new_database(servers.postgres)
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with database.transaction() as conn:
        await conn.run_sync(metadata.create_all)
    settings = {
        "ONEVISIT_DATABASE_URL": database.url,
        "ONEVISIT_NATS_URL": servers.nats,
        "ONEVISIT_NATS_USER": servers.nats_user,
        "ONEVISIT_NATS_PASSWORD": servers.nats_password,
        "ONEVISIT_CURSOR_KEY_FILE": str(keys / "cursor.key"),
        **{f"ONEVISIT_{name}": "http://127.0.0.1:9" for name in _ADDRESSES},
    }

    async def record(region: str) -> None:
        async with database.transaction() as conn:
            at, kind = datetime.now(UTC), "birth-medical-certificate"
            await record_many(
                conn,
                [
                    Recorded(
                        event=BenchMeasured(certificate=uuid4(), party=uuid4(), kind=kind),
                        subject=uuid4(),
                        version=1,
                        region=region,
                        kind=kind,
                        at=at,
                    )
                    for _ in range(PER_COMMIT)
                ],
            )

    async with child(["tests.bench.ours"], {**os.environ, **settings}) as pid, _probe(url) as probe:
        yield Ours(lambda: record("330782"), probe, pid, record)
    await database.close()


_ADDRESSES = ("ISSUER", "IDENTITY_URL", "LICENSING_URL", "CERTIFICATES_URL", "RECORDS_URL")


@asynccontextmanager
async def _floor(servers: Servers) -> AsyncGenerator[Side]:
    url = await new_database(servers.postgres)
    async with _probe(url) as probe, asyncpg.create_pool(url, min_size=WRITERS, max_size=WRITERS) as pool:
        await probe.execute(SCHEMA)

        async def commit() -> None:
            rows = [_row() for _ in range(PER_COMMIT)]
            async with pool.acquire() as conn, conn.transaction():
                await conn.execute(INSERT, *map(list, zip(*rows, strict=True)))
                await conn.execute("NOTIFY outbox")

        async with child(
            ["tests.bench.floor.events"], {**os.environ, "DATABASE": url, "NATS": servers.nats_with_password}
        ) as pid:
            yield Side(commit, probe, pid)


def _row() -> tuple[Any, ...]:
    kind = "birth-medical-certificate"
    data = orjson.dumps({"certificate": uuid4(), "party": uuid4(), "kind": kind}, option=orjson.OPT_SORT_KEYS).decode()
    topic = f"evt.bench.measured.{kind}.33.07.82"
    return new_id(), "bench.measured.v1", topic, uuid4(), 1, datetime.now(UTC), data


@asynccontextmanager
async def _probe(url: str) -> AsyncGenerator[Any]:
    conn = await asyncpg.connect(url)
    try:
        yield conn
    finally:
        await conn.close()


async def new_database(superuser: str) -> str:
    """Where an empty database is that was not there before."""
    name = f"bench_{uuid4().hex}"
    async with _probe(superuser) as conn:
        await conn.execute(f"CREATE DATABASE {name}")
    return f"{superuser.rsplit('/', 1)[0]}/{name}"

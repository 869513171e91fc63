"""The floor of events: the same rows and messages moved by hand with asyncpg and nats-py, unfenced and unchecked.

`python -m tests.bench.floor.events` with DATABASE and NATS in the environment.
"""

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import nats
import orjson
from nats.js import JetStreamContext

SCHEMA = """
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid, data text);
CREATE TABLE event_log (position bigint PRIMARY KEY, event_id uuid, data text);
CREATE TABLE state (published_through bigint);
INSERT INTO state VALUES (0);
CREATE TABLE inbox (event_id uuid PRIMARY KEY);
CREATE TABLE effects (id uuid PRIMARY KEY, occurred_at timestamptz, received_at timestamptz);
"""
BATCH = 500


async def relay(pool: Any, js: JetStreamContext, awake: asyncio.Event) -> None:
    """Outbox to log to NATS to watermark."""
    position = 0
    while True:
        async with pool.acquire() as conn, conn.transaction():
            rows = await conn.fetch(
                "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1) RETURNING event_id, data",
                BATCH,
            )
            positions = list(range(position + 1, position + 1 + len(rows)))
            ids, data = [row["event_id"] for row in rows], [row["data"] for row in rows]
            await conn.execute(
                "INSERT INTO event_log SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[])", positions, ids, data
            )
        position += len(rows)
        if rows:
            await asyncio.gather(*(js.publish("floor.measured", text.encode()) for text in data))
            await pool.execute("UPDATE state SET published_through = $1", position)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(awake.wait(), 1)
            awake.clear()


async def subscribe(pool: Any, js: JetStreamContext) -> None:
    """Inbox and effect in one transaction, acknowledged after it."""
    consumer = await js.pull_subscribe("floor.measured", durable="floor-effects", stream="FLOOR")
    while True:
        with suppress(nats.errors.TimeoutError, TimeoutError):
            messages = await consumer.fetch(100, timeout=1)
            events = [orjson.loads(message.data) for message in messages]
            ids = [UUID(event["id"]) for event in events]
            occurred = [datetime.fromisoformat(event["time"]) for event in events]
            async with pool.acquire() as conn, conn.transaction():
                await conn.execute("INSERT INTO inbox SELECT * FROM unnest($1::uuid[]) ON CONFLICT DO NOTHING", ids)
                for event_id, at in zip(ids, occurred, strict=True):
                    await conn.execute("INSERT INTO effects VALUES ($1, $2, $3)", event_id, at, datetime.now(UTC))
            await asyncio.gather(*(message.ack() for message in messages))


async def main() -> None:
    """Relay and receive until told to stop."""
    pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=2, max_size=10)
    listener = await asyncpg.connect(os.environ["DATABASE"])
    awake = asyncio.Event()
    await listener.add_listener("outbox", lambda *_: awake.set())
    connection = await nats.connect(os.environ["NATS"])
    js = connection.jetstream()
    await asyncio.gather(relay(pool, js, awake), subscribe(pool, js))


if __name__ == "__main__":
    asyncio.run(main())

"""The floor of events: the same rows, messages and flushes by hand with asyncpg and nats-py, unfenced and unchecked.

`python -m tests.bench.floor.events` with DATABASE and NATS in the environment.
"""

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import nats
import orjson
import uvloop
from nats.aio.client import Client
from nats.js import JetStreamContext

_CONTENT = "event_id uuid, type text, topic text, subject uuid, version bigint, occurred_at timestamptz, data text"
SCHEMA = f"""
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {_CONTENT});
CREATE TABLE event_log (position bigint PRIMARY KEY, sequence bigint, hash bytea, {_CONTENT});
CREATE INDEX ON event_log (topic, position);
CREATE TABLE topic_heads (topic text PRIMARY KEY, position bigint, sequence bigint, hash bytea);
CREATE TABLE state (published_through bigint);
INSERT INTO state VALUES (0);
CREATE TABLE inbox (consumer text, event_id uuid, PRIMARY KEY (consumer, event_id));
CREATE TABLE effects (id uuid PRIMARY KEY, occurred_at timestamptz, received_at timestamptz);
"""  # noqa: S608 - a constant of ours
INSERT = """
INSERT INTO outbox (event_id, type, topic, subject, version, occurred_at, data)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::text[])
"""
_LOG = """
INSERT INTO event_log SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::uuid[], $5::text[], $6::text[],
                                           $7::uuid[], $8::bigint[], $9::timestamptz[], $10::text[])
"""
_HEADS = """
INSERT INTO topic_heads SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[])
ON CONFLICT (topic) DO UPDATE SET position = excluded.position, sequence = excluded.sequence, hash = excluded.hash
"""
_FIELDS = ("event_id", "type", "topic", "subject", "version", "occurred_at", "data")
BATCH = 500

Logged = tuple[int, int, bytes, UUID, str, str, UUID, int, datetime, str]


async def relay(pool: Any, client: Client, awake: asyncio.Event) -> None:
    """Outbox to log to NATS to watermark."""
    position = 0
    heads: dict[str, tuple[int, int, bytes]] = {}
    while True:
        logged: list[Logged] = []
        async with pool.acquire() as conn, conn.transaction():
            rows = await conn.fetch(
                f"DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT {BATCH}) RETURNING *"  # noqa: S608
            )
            for row in sorted(rows, key=lambda row: row["id"]):
                position += 1
                _, sequence, previous = heads.get(row["topic"], (0, 0, bytes(32)))
                hash_ = sha256(previous + str(row["event_id"]).encode() + row["data"].encode()).digest()
                heads[row["topic"]] = position, sequence + 1, hash_
                logged.append((position, sequence + 1, hash_, *(row[name] for name in _FIELDS)))
            if logged:
                await conn.execute(_LOG, *map(list, zip(*logged, strict=True)))
                topics = list({row["topic"] for row in rows})
                await conn.execute(_HEADS, topics, *map(list, zip(*(heads[topic] for topic in topics), strict=True)))
        if logged:
            await publish(client, logged)
            await pool.execute("UPDATE state SET published_through = $1", position)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(awake.wait(), 1)
            awake.clear()


async def publish(client: Client, logged: list[Logged]) -> None:
    """One atomic batch: one flush of the server's disk."""
    batch = uuid4().hex
    for number, event in enumerate(logged, start=1):
        headers = {"Nats-Msg-Id": str(event[0]), "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
        if number < len(logged):
            await client.publish("floor.measured", message(event), headers=headers)
        else:
            await client.jetstream().publish(
                "floor.measured", message(event), headers=headers | {"Nats-Batch-Commit": "1"}
            )


def message(event: Logged) -> bytes:
    """The envelope."""
    position, sequence, _, event_id, type_, topic, subject, version, at, data = event
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(event_id),
            "source": "/bench",
            "type": type_,
            "subject": str(subject),
            "time": at,
            "datacontenttype": "application/json",
            "dataschema": f"urn:onevisit:event:{type_}",
            "topic": topic,
            "position": str(position),
            "sequence": str(sequence),
            "entityversion": str(version),
            "data": orjson.Fragment(data),
        }
    )


async def subscribe(pool: Any, js: JetStreamContext) -> None:
    """Inbox and effect in one transaction, acknowledged after it."""
    consumer = await js.pull_subscribe("floor.measured", durable="floor-effects", stream="FLOOR")
    while True:
        with suppress(nats.errors.TimeoutError, TimeoutError):
            messages = await consumer.fetch(BATCH, timeout=1)
            events = [orjson.loads(message.data) for message in messages]
            ids = [UUID(event["id"]) for event in events]
            occurred = [datetime.fromisoformat(event["time"]) for event in events]
            async with pool.acquire() as conn, conn.transaction():
                await conn.execute("INSERT INTO inbox SELECT 'floor', * FROM unnest($1::uuid[])", ids)
                await conn.execute(
                    "INSERT INTO effects SELECT *, $3 FROM unnest($1::uuid[], $2::timestamptz[])",
                    ids,
                    occurred,
                    datetime.now(UTC),
                )
            for each in messages:
                await each.ack()


async def main() -> None:
    """Relay and receive until told to stop."""
    pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=2, max_size=10)
    listener = await asyncpg.connect(os.environ["DATABASE"])
    awake = asyncio.Event()
    await listener.add_listener("outbox", lambda *_: awake.set())
    connection = await nats.connect(os.environ["NATS"])
    await asyncio.gather(relay(pool, connection, awake), subscribe(pool, connection.jetstream()))


if __name__ == "__main__":
    uvloop.run(main())

"""Reads what a run left behind: journal, tables, stream, stores. By hand; nothing of the platform is imported."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tests.faults.checker import Fact, Logged, Orders

STREAM_BATCH = 500


def journal(path: Path) -> Orders:
    """What was ordered and answered."""
    orders = Orders()
    for line in path.read_text().splitlines():
        said: dict[str, Any] = json.loads(line)
        if "ordered" in said:
            orders.ordered.add(said["ordered"]["operation"])
        elif said["outcome"] == "committed":
            facts = [Fact(each["value"], each["entity"], each["version"]) for each in said["facts"]]
            orders.acknowledged[said["operation"]] = facts
        elif said["outcome"] == "rolled back":
            orders.rolled_back.add(said["operation"])
    return orders


async def rows(conn: asyncpg.Connection) -> dict[Fact, int]:
    """What is committed, with the order that it came from."""
    found = await conn.fetch("SELECT value, operation, entity, version FROM facts")
    return {Fact(row["value"], str(row["entity"]), row["version"]): row["operation"] for row in found}


async def log(conn: asyncpg.Connection) -> list[Logged]:
    """The log in its order."""
    found = await conn.fetch(
        "SELECT position, topic, sequence, event_id, data, hash, subject, version FROM event_log ORDER BY position"
    )
    return [
        Logged(
            row["position"],
            row["topic"],
            row["sequence"],
            str(row["event_id"]),
            row["data"],
            row["hash"],
            str(row["subject"]),
            row["version"],
        )
        for row in found
    ]


async def heads(conn: asyncpg.Connection) -> dict[str, tuple[int, bytes]]:
    """Last sequence and hash of each topic, as the platform states them."""
    found = await conn.fetch("SELECT topic, sequence, hash FROM topic_heads")
    return {row["topic"]: (row["sequence"], row["hash"]) for row in found}


async def effects(conn: asyncpg.Connection) -> list[Fact]:
    """What the platform's own subscriber applied, in its order."""
    found = await conn.fetch("SELECT value, entity, version FROM effects ORDER BY place")
    return [Fact(row["value"], str(row["entity"]), row["version"]) for row in found]


def applied(store: Path) -> list[Fact]:
    """What a department applied, in its order."""
    with closing(sqlite3.connect(store)) as conn:
        return [Fact(*row) for row in conn.execute("SELECT value, entity, version FROM applied ORDER BY place")]


def count_applied(store: Path) -> int:
    """How much it applied so far."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store, timeout=5)) as conn:
        try:
            return int(conn.execute("SELECT count(*) FROM applied").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


async def stream(url: str) -> list[Logged]:
    """Everything in the stream, in its order, repeats and all."""
    client = await nats.connect(url.split(","))
    try:
        context = client.jetstream()
        expected = (await context.stream_info("EVT")).state.messages
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
        subscription = await context.pull_subscribe("evt.>", stream="EVT", config=config)
        found: list[Logged] = []
        while len(found) < expected:
            found += _read(await subscription.fetch(min(STREAM_BATCH, expected - len(found)), timeout=10))
        return found
    finally:
        await client.close()


def _read(messages: Sequence[Any]) -> list[Logged]:
    return [_as_logged(json.loads(message.data)) for message in messages]


def _as_logged(event: dict[str, Any]) -> Logged:
    data = json.dumps(event["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Logged(
        int(event["position"]),
        event["topic"],
        int(event["sequence"]),
        event["id"],
        data,
        b"",
        event["subject"],
        int(event["entityversion"]),
    )

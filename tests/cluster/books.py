"""Reads what a run left behind in the cluster: tables, stream, the department's store. By hand, not by our own code."""

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tests.cluster.audit import Books
from tests.cluster.platform import Platform
from tests.faults.checker import Fact, Logged

SERVICES = ("identity", "licensing", "certificates", "records")
BATCH = 500
_APPLICATIONS = "SELECT to_json(id) FROM applications ORDER BY id"
_LOG = """
SELECT json_build_array(position, topic, sequence, event_id, data, encode(hash, 'hex'), subject, version)
FROM event_log ORDER BY position
"""
_HEADS = "SELECT json_build_array(topic, sequence, encode(hash, 'hex')) FROM topic_heads"
_INBOX = "SELECT to_json(event_id) FROM inbox WHERE consumer = 'records-accesses'"
_BACKLOG = """
SELECT json_build_array((SELECT count(*) FROM outbox) + last_position - published_through,
                        (SELECT count(*) FROM parked))
FROM relay_state
"""


def backlog(platform: Platform) -> tuple[int, int]:
    """How many events are not in the stream yet, and how many wait for a person; of all services."""
    found = [row for service in SERVICES for row in platform.rows(service, _BACKLOG)]
    return sum(row[0] for row in found), sum(row[1] for row in found)


def applied(store: Path) -> list[tuple[Fact, float]]:
    """What the department applied, in its order, and when."""
    with closing(sqlite3.connect(store, timeout=5)) as conn:
        rows = conn.execute("SELECT id, topic, sequence, at FROM applied ORDER BY place").fetchall()
    return [(Fact(*row[:3]), row[3]) for row in rows]


async def read(platform: Platform, store: Path) -> Books:
    """Everything."""
    waiting, parked = backlog(platform)
    accesses = platform.rows("records", _INBOX)
    applications = platform.rows("licensing", _APPLICATIONS)
    return Books(
        applications=applications,
        logs={service: [_logged(row) for row in platform.rows(service, _LOG)] for service in SERVICES},
        heads={service: _heads(platform.rows(service, _HEADS)) for service in SERVICES},
        streams=await _streams(platform),
        department=[fact for fact, _ in applied(store)],
        accesses=accesses,
        left_over={"not published": waiting, "parked": parked},
    )


def _logged(row: Any) -> Logged:
    position, topic, sequence, event, data, hash_, subject, version = row
    return Logged(position, topic, sequence, event, data, bytes.fromhex(hash_), subject, version)


def _heads(rows: Any) -> dict[str, tuple[int, bytes]]:
    return {topic: (sequence, bytes.fromhex(hash_)) for topic, sequence, hash_ in rows}


async def _streams(platform: Platform) -> dict[str, list[Logged]]:
    client = await nats.connect(**platform.bus_options())
    try:
        context = client.jetstream()
        info = await context.stream_info("EVT")
        assert info.config.num_replicas == 3
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
        subscription = await context.pull_subscribe(">", stream="EVT", config=config)
        left, found = info.state.messages, defaultdict[str, list[Logged]](list)
        while left:
            messages = await subscription.fetch(min(BATCH, left), timeout=10)
            left -= len(messages)
            for message in messages:
                event = json.loads(message.data)
                found[event["source"].removeprefix("/")].append(_published(event))
        return found
    finally:
        await client.close()


def _published(event: dict[str, Any]) -> Logged:
    numbers = int(event["position"]), event["topic"], int(event["sequence"]), event["id"]
    return Logged(*numbers, "", b"", event["subject"], int(event["entityversion"]))

"""A department with nothing but a NATS client and SQLite: what it was given, applied in the order of each topic.

`python -m tests.faults.department` with FAULTS_DEPARTMENT in the environment. It shares no code with the platform.
A department cannot make its consumer anew as the platform does, so that after a crash a later event may come first:
it keeps what came, and applies a topic's events in the order of `sequence`.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.errors import TimeoutError as NothingCame
from nats.js import JetStreamContext

BATCH = 200
SILENCE = 5
SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS inbox (
    id TEXT PRIMARY KEY, topic TEXT, sequence INTEGER, value TEXT, entity TEXT, version INTEGER,
    UNIQUE (topic, sequence)
);
CREATE TABLE IF NOT EXISTS heads (topic TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS applied (
    place INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT, entity TEXT, version INTEGER
);
"""


class Store:
    """What came and what was applied; both in one transaction, and only then is it acknowledged."""

    def __init__(self, path: Path) -> None:
        self._sqlite = sqlite3.connect(path)
        self._sqlite.executescript(SCHEMA)

    def take(self, bodies: Sequence[bytes]) -> None:
        """Every one is kept; those whose turn it is had their effect. A repeat changes nothing."""
        events = [json.loads(body) for body in bodies]
        with self._sqlite:
            for event in events:
                self._keep(event)
            for topic in sorted({str(event["topic"]) for event in events}):
                self._apply(topic)

    def _keep(self, event: dict[str, Any]) -> None:
        row = (
            event["id"],
            event["topic"],
            int(event["sequence"]),
            event["data"]["value"],
            event["subject"],
            int(event["entityversion"]),
        )
        # On the id alone: another event with a number that was given before must not pass in silence.
        self._sqlite.execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING", row)

    def _apply(self, topic: str) -> None:
        known = self._sqlite.execute("SELECT sequence FROM heads WHERE topic = ?", (topic,)).fetchone()
        head = known[0] if known else 0
        following = "SELECT value, entity, version FROM inbox WHERE topic = ? AND sequence = ?"
        while (row := self._sqlite.execute(following, (topic, head + 1)).fetchone()) is not None:
            self._sqlite.execute("INSERT INTO applied (value, entity, version) VALUES (?, ?, ?)", row)
            head += 1
        self._sqlite.execute("INSERT OR REPLACE INTO heads VALUES (?, ?)", (topic, head))


async def receive(client: Client, store: Store, told: dict[str, Any]) -> None:
    """One session; ends where nothing comes for a while, because a client may be stuck without knowing it."""
    context: JetStreamContext = client.jetstream(timeout=5)
    subscription = await context.pull_subscribe_bind(durable=f"{told['department']}_{told['name']}", stream="EVT")
    silent = 0
    while silent < SILENCE:
        try:
            messages: list[Msg] = await subscription.fetch(BATCH, timeout=1)
        except NothingCame:
            silent += 1
            continue
        silent = 0
        store.take([message.data for message in messages])
        for message in messages:
            await message.ack()


async def main() -> None:
    """Subscribe until killed."""
    told = json.loads(os.environ["FAULTS_DEPARTMENT"])
    store = Store(Path(told["store"]))
    while True:
        try:
            client = await nats.connect(told["nats"].split(","), max_reconnect_attempts=0, allow_reconnect=False)
            try:
                await receive(client, store, told)
            finally:
                await client.close()
        except (Error, OSError, TimeoutError) as error:
            print(repr(error), flush=True)  # noqa: T201 - its log
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main())

"""A department that uses the departments' library: bus and feed, healing and reconciling, effects in its own SQLite.

`python -m tests.faults.reader` with FAULTS_DEPARTMENT in the environment.
"""

import asyncio
import json
import logging
import os
import sqlite3
from pathlib import Path
from typing import Any

from onevisit_client import Event, Platform, SqliteInbox, Subscriber

APPLIED = """
CREATE TABLE IF NOT EXISTS applied (
    place INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT, entity TEXT, version INTEGER
)
"""


def begin(effects: str) -> dict[str, Any]:
    """What this department was told. Its log is written, and there is a table for its effects in its SQLite."""
    told: dict[str, Any] = json.loads(os.environ["FAULTS_DEPARTMENT"])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    with sqlite3.connect(told["store"]) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute(effects)
    conn.close()
    return told


async def apply(event: Event, transaction: sqlite3.Connection) -> None:
    """One row, in the transaction of the inbox."""
    row = (event.data["value"], event.subject, event.entityversion)
    transaction.execute("INSERT INTO applied (value, entity, version) VALUES (?, ?, ?)", row)


async def main() -> None:
    """Subscribe until killed."""
    told = begin(APPLIED)

    async def token() -> str:
        return str(told["department"])

    async with Platform(told["edge"], token, trust_env=False) as platform:
        inbox = SqliteInbox(Path(told["store"]))
        subscriber = Subscriber(platform, told["name"], told["topics"], inbox)
        await subscriber.run_within(apply)


if __name__ == "__main__":
    asyncio.run(main())

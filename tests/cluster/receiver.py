"""A department that follows the cases that are received, by the departments' library.

`python -m tests.cluster.receiver`; FAULTS_DEPARTMENT says where. Its SQLite tells what
it applied, in its order, and when.
"""

import asyncio
import sqlite3
import time
from pathlib import Path

from deploy.world import World
from onevisit_client import Event, Platform, SqliteInbox, Subscriber
from tests.faults.reader import begin

DEPARTMENT = "human-resources"
TOPIC = "evt.case.received.social-security-card-reissue.33."
APPLIED = """
CREATE TABLE IF NOT EXISTS applied (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, topic TEXT, sequence INTEGER, at REAL
)
"""


async def apply(event: Event, transaction: sqlite3.Connection) -> None:
    """One row, in the transaction of the inbox."""
    row = (str(event.id), event.topic, event.sequence, time.time())
    transaction.execute("INSERT INTO applied (id, topic, sequence, at) VALUES (?, ?, ?, ?)", row)


async def main() -> None:
    """Subscribe until killed."""
    told = begin(APPLIED)
    async with World.open(Path(told["keys"])) as world:

        async def token() -> str:
            return await world.token(DEPARTMENT)

        async with Platform(world.gateway, token) as platform:
            inbox = SqliteInbox(Path(told["store"]))
            await Subscriber(platform, "received", [f"{TOPIC}>"], inbox).run_within(apply)


if __name__ == "__main__":
    asyncio.run(main())

"""The subscriber's process dies at any moment: nothing is lost, and what is written with its inbox is there once."""

import asyncio
import random
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.client.conftest import Department

# Writes each event beside the inbox in its transaction, and before it to a file, as an effect that is elsewhere.
PROGRAM = """
import asyncio, sys
from pathlib import Path
from onevisit_client import Platform, SqliteInbox, Subscriber

async def token():
    return "opaque"

async def main(url, directory):
    outside = (Path(directory) / "outside").open("a", buffering=1)

    async def write(event, transaction):
        outside.write(event.id + "\\n")
        transaction.execute("INSERT INTO effects (id) VALUES (?)", (event.id,))

    file = Path(directory) / "crash.sqlite"
    async with Platform(url, token, trust_env=False) as platform, SqliteInbox(file) as inbox:
        subscriber = Subscriber(platform, "births", ["evt.>"], inbox, via=sys.argv[3])
        await subscriber.run_within(write)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""
KILLS = 4
EVENTS = 1200


@pytest.mark.slow
async def test_killed_at_any_moment(connected: Department, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crash.sqlite") as database:
        database.execute("CREATE TABLE effects (place INTEGER PRIMARY KEY, id TEXT)")
    told = connected.fake.record_many(EVENTS)
    await connected.fake.publish(told)
    url = str(connected.platform._transport.http.base_url)
    chance = random.Random(20260311)
    for number in range(KILLS):
        via = "feed" if number % 2 else "bus"
        command = [sys.executable, "-c", PROGRAM, url, str(tmp_path), via]
        process = await asyncio.create_subprocess_exec(*command)
        await effects(tmp_path, at_least=(number + 1) * EVENTS // (2 * KILLS))
        await asyncio.sleep(chance.uniform(0, 0.2))
        process.kill()
        await process.wait()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, url, str(tmp_path), "bus")
    found = await effects(tmp_path, at_least=EVENTS)
    process.terminate()
    await process.wait()
    assert found == [str(event.id) for event in told]
    outside = (tmp_path / "outside").read_text().split()
    assert set(outside) == set(found)
    assert len(outside) - len(found) <= KILLS  # each death repeats at most the one in hand


async def effects(directory: Path, *, at_least: int) -> list[str]:
    """The effects in their order, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            with sqlite3.connect(directory / "crash.sqlite", timeout=30) as database:
                found = [row[0] for row in database.execute("SELECT id FROM effects ORDER BY place")]
            database.close()
            if len(found) >= at_least:
                return found
            await asyncio.sleep(0.02)

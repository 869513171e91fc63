"""A department's reader of the feed: from the beginning to the end, every sequence and every hash checked.

`python -m tests.bench.reader JSON`. Prints a line when it has read a fifth, and one at the end.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson
import uvloop

from deploy.world import World
from shared.canonical import canonical_json
from shared.messaging.chain import GENESIS, link

LIMIT = 500


class Checked:
    """What was read so far; refuses a gap, a repeat, or an event that is not the one of its number."""

    def __init__(self) -> None:
        self.heads: dict[str, tuple[int, bytes]] = {}
        self.events = 0

    def take(self, event: dict[str, Any]) -> None:
        """The next event of its topic."""
        sequence, previous = self.heads.get(event["topic"], (0, GENESIS))
        if int(event["sequence"]) != sequence + 1:
            raise RuntimeError(f"{event['topic']}: {event['sequence']} after {sequence}")
        hash_ = link(previous, UUID(event["id"]), canonical_json(event["data"]).decode())
        self.heads[event["topic"]] = sequence + 1, hash_
        self.events += 1


async def main(told: dict[str, Any]) -> None:
    """Read all, and say how long it took."""
    checked, cursor, begun, said = Checked(), None, time.perf_counter(), False
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(World.open(Path(told["directory"])))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=told["gateway"], timeout=30, trust_env=False)
        )
        while checked.events < told["events"]:
            query = {"topic": told["topic"], "limit": LIMIT} | ({"after": cursor} if cursor else {})
            answer = await http.get("/v1/events", params=query, headers=await world.headers(told["reader"]))
            answer.raise_for_status()
            page = orjson.loads(answer.content)
            cursor = page["next"]
            for event in page["items"]:
                checked.take(event)
            if not said and checked.events >= told["events"] // 5:
                said = True
                _say({"read": checked.events})
    heads = {topic: [sequence, hash_.hex()] for topic, (sequence, hash_) in checked.heads.items()}
    _say({"seconds": time.perf_counter() - begun, "heads": heads})
    await asyncio.sleep(0.5)  # whoever started this looks at its memory


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))

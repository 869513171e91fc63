"""A few departments' clients in one process: each pulls as `onevisit_client` does, acknowledges, and has its share.

`python -m tests.bench.pullers JSON`. Prints a line when all pull, and one when all have had everything.
"""

import asyncio
import json
import sys
from typing import Any

import nats
import uvloop
from nats.aio.client import Client

from onevisit_client.pulling import Pull
from shared.messaging.jetstream import STREAM

PATIENCE_SECONDS = 1.0


async def main(told: dict[str, Any]) -> None:
    """`shares` says how many events each consumer is to get."""
    client = await nats.connect(told["url"], user=told["user"], password=told["password"])
    pulls = [await _pulling(client, name) for name in told["shares"]]
    await client.flush(timeout=30)
    _say("pulling")
    await asyncio.gather(*(_have(pull, share) for pull, share in zip(pulls, told["shares"].values(), strict=True)))
    await client.flush(timeout=30)
    _say("done")
    await client.close()


async def _pulling(client: Client, consumer: str) -> Pull:
    pull = Pull(client, stream=STREAM, consumer=consumer, after=0)
    await pull.open()
    await pull.fetch(seconds=0)  # asks, and does not wait
    return pull


async def _have(pull: Pull, share: int) -> None:
    while share:
        messages = await pull.fetch(seconds=PATIENCE_SECONDS)
        for message in messages:
            await message.ack()
        share -= len(messages)


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))

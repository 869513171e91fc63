"""A few departments' clients in one process: each pulls its consumer and acknowledges, until it has had its share.

`python -m tests.bench.pullers JSON`. Prints a line when all pull, and one when all have had everything.
"""

import asyncio
import json
import sys
from contextlib import suppress
from typing import Any

import nats
import nats.errors
import uvloop
from nats.js import JetStreamContext

from shared.messaging.jetstream import STREAM

AT_MOST = 250


async def main(told: dict[str, Any]) -> None:
    """`shares` says how many events each consumer is to get."""
    client = await nats.connect(told["url"], user=told["user"], password=told["password"])
    pulling = [await client.jetstream().pull_subscribe_bind(durable=name, stream=STREAM) for name in told["shares"]]
    _say("pulling")
    await asyncio.gather(*(_have(one, share) for one, share in zip(pulling, told["shares"].values(), strict=True)))
    await client.flush(timeout=30)
    _say("done")
    await client.close()


async def _have(pulling: JetStreamContext.PullSubscription, share: int) -> None:
    while share:
        with suppress(nats.errors.TimeoutError, TimeoutError):
            for message in await pulling.fetch(AT_MOST, timeout=5):
                await message.ack()
                share -= message.metadata.num_delivered == 1


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))

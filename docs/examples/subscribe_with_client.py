"""Subscribes to events of OneVisit with onevisit-client, and prints each as one JSON line: each once, none missed.

    ONEVISIT_TOKEN_COMMAND='.venv/bin/onevisit token --as medical-insurance' .venv/bin/python \
        docs/examples/subscribe_with_client.py from-client 'evt.certificate.issued.household-register-page.33.>'

What it has seen is kept in from-client.sqlite.
"""

import asyncio
import os
import shlex
import signal
import sys

from onevisit_client import Event, Platform, SqliteInbox, Subscriber

URL = os.environ.get("ONEVISIT_URL", "http://127.0.0.1:8080")


async def token() -> str:
    """Asked for whenever the last one is about to end. With a key of your own: `ClientCredentials(...)` instead."""
    command = shlex.split(os.environ["ONEVISIT_TOKEN_COMMAND"])
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode().strip()


async def handle(event: Event) -> None:
    """If this raises, the event is tried again, and at last parked."""
    print(event.to_json(), flush=True)


async def main(name: str, *topics: str) -> None:
    """Runs until SIGINT or SIGTERM."""
    async with Platform(URL, token) as platform, SqliteInbox(f"{name}.sqlite") as inbox:
        subscriber = Subscriber(platform, name, topics, inbox)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, lambda: asyncio.ensure_future(subscriber.stop()))
        await subscriber.run(handle)


asyncio.run(main(*sys.argv[1:]))

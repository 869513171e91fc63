"""Subscribes to events of OneVisit with plain nats-py and httpx2, and prints each as one JSON line.

    ONEVISIT_TOKEN_COMMAND='.venv/bin/onevisit token --as medical-insurance' .venv/bin/python \
        docs/examples/subscribe.py from-python 'evt.certificate.issued.household-register-page.33.>'
"""

import asyncio
import os
import shlex
import subprocess
import sys
import time
from contextlib import suppress

import httpx2
import nats

URL = os.environ.get("ONEVISIT_URL", "http://127.0.0.1:8080")
NAME, *TOPICS = sys.argv[1:]


async def receive(token: str) -> None:
    """One connection: it ends when NATS goes away, or when its time is over."""
    async with httpx2.AsyncClient(base_url=URL, headers={"authorization": f"Bearer {token}"}) as http:
        # The same name and topics again change nothing.
        answer = await http.post("/v1/subscriptions", json={"name": NAME, "topics": TOPICS})
    if answer.is_client_error and answer.status_code != httpx2.codes.TOO_MANY_REQUESTS:
        sys.exit(answer.text)
    bus = answer.raise_for_status().json()["nats"]
    async with await nats.connect(
        bus["url"].split(","), token=token, inbox_prefix=bus["inbox_prefix"], allow_reconnect=False
    ) as nc:
        consumer = await nc.jetstream().pull_subscribe_bind(bus["consumer"], bus["stream"])
        while nc.is_connected:
            with suppress(nats.errors.TimeoutError):  # nothing happened for five seconds
                for message in await consumer.fetch(100, timeout=5):
                    print(message.data.decode(), flush=True)
                    await message.ack()  # after the effect: what is not acknowledged comes again


with suppress(KeyboardInterrupt):
    while True:
        with suppress(nats.errors.Error, httpx2.HTTPError, subprocess.SubprocessError, OSError):
            # A fresh token for each connection: nats-py closes for good when the time of one is over.
            token = subprocess.check_output(shlex.split(os.environ["ONEVISIT_TOKEN_COMMAND"]), text=True)
            asyncio.run(receive(token.strip()))
        time.sleep(1)

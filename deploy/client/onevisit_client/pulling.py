"""The pull protocol itself. nats-py's `fetch` makes two requests per call and may leave one orphaned, which then
swallows messages until it expires (nats-py issue 986).
"""

import asyncio
import json

from nats.aio.client import Client
from nats.aio.msg import Msg

from onevisit_client.errors import BusUnavailable

BATCH = 200
EXPIRY_SECONDS = 10.0
GRACE_SECONDS = 2.0


class Pull:
    """A session with a durable consumer: at most one request is open, for `BATCH` messages or `EXPIRY_SECONDS`.

    `after` is the number of the delivery before: one that is lost on the way ends the session, for what comes after it
    would be out of order.
    """

    def __init__(self, client: Client, *, stream: str, consumer: str, after: int) -> None:
        self._delivered = after
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._queue: asyncio.Queue[Msg | Exception] = asyncio.Queue()
        self._wanted = 0
        self._deadline = 0.0

    async def open(self) -> None:
        """Messages can come."""
        await self._client.subscribe(self._inbox, cb=self._queue.put)

    def lose(self, error: Exception) -> None:
        """The session is of no use any more; whoever waits for messages learns why."""
        self._queue.put_nowait(error)

    async def fetch(self, *, seconds: float) -> list[Msg]:
        """What is there, in order of delivery; waits up to this time for the first. Raises on any doubt."""
        if self._wanted <= 0:
            await self._request()
        messages: list[Msg] = []
        try:
            async with asyncio.timeout(seconds):
                self._take(await self._queue.get(), messages)
        except TimeoutError:
            self._check_overdue()
        while not self._queue.empty():
            self._take(self._queue.get_nowait(), messages)
        return messages

    async def _request(self) -> None:
        request = {"batch": BATCH, "expires": int(EXPIRY_SECONDS * 1e9)}
        self._wanted = BATCH
        self._deadline = asyncio.get_running_loop().time() + EXPIRY_SECONDS + GRACE_SECONDS
        await self._client.publish(self._subject, json.dumps(request).encode(), reply=self._inbox)

    def _take(self, message: Msg | Exception, messages: list[Msg]) -> None:
        if isinstance(message, Exception):
            raise BusUnavailable(f"the session was lost: {message!r}")
        status = (message.headers or {}).get("Status")
        if message.reply or status is None:
            number = message.metadata.sequence.consumer
            if number != self._delivered + 1:
                raise BusUnavailable(f"delivery {number} came after {self._delivered}: another subscriber, or a loss")
            self._delivered = number
            self._wanted -= 1
            messages.append(message)
        elif status in ("404", "408"):  # the request expired
            self._wanted = 0
        elif status != "100":
            raise BusUnavailable(f"the server ended the request with {status}")

    def _check_overdue(self) -> None:
        if self._wanted > 0 and asyncio.get_running_loop().time() > self._deadline:
            raise BusUnavailable("the server has forgotten the request")

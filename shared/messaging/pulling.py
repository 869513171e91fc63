"""One session with a durable pull consumer: nothing in it is skipped, repeated out of order, or stuck unnoticed.

Written over the pull protocol itself: the client library's `fetch` makes two requests per call and may leave one
orphaned, which then swallows messages (nats-py issue 986).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

PREFETCH = 500
EXPIRY_SECONDS = 10.0
# While nothing comes, the server says so this often. When the server that leads the consumer dies, nobody else does.
HEARTBEAT_SECONDS = 1.0
SILENCE_SECONDS = 3.5
_HEARTBEAT = "100"


class PullStalled(Exception):
    """This session is of no use any more; open another."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as delivered."""

    body: bytes
    stream_sequence: int
    message: Msg

    @property
    def traceparent(self) -> str | None:
        """The span that sent it, where whoever sent it is traced."""
        return (self.message.headers or {}).get("traceparent")


class Pull:
    """At most one request is open at a time, for `PREFETCH` messages or `EXPIRY_SECONDS`."""

    def __init__(self, client: Client, *, stream: str, consumer: str) -> None:
        self._client = client
        self._stream = stream
        self._consumer = consumer
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._wanted = 0
        self._since_request = 0
        self._delivered = 0
        self._on_close: Callable[[Pull], None] = lambda _: None

    async def open(self, *, after: int, on_close: Callable[["Pull"], None]) -> None:
        """Expect the delivery that follows number `after` of the consumer."""
        self._delivered = after
        self._on_close = on_close
        self._subscription = await self._client.subscribe(self._inbox, cb=self._queue.put)

    async def close(self) -> None:
        """The server sends nothing more."""
        self._on_close(self)
        if self._subscription is not None and self._client.is_connected:
            await self._subscription.unsubscribe()

    def lose(self) -> None:
        """The connection is gone, and with it whatever was under way."""
        self._queue.put_nowait(None)

    async def fetch(self, *, at_most: int, seconds: float) -> list[Delivery]:
        """What is there, in order; wait up to this time for the first. Raises `PullStalled` on any doubt."""
        if self._wanted <= 0:
            await self._request()
        deliveries: list[Delivery] = []
        try:
            async with asyncio.timeout(seconds):
                await self._take(await self._queue.get(), deliveries)
        except TimeoutError:
            self._check_overdue()
        while len(deliveries) < at_most and not self._queue.empty():
            await self._take(self._queue.get_nowait(), deliveries)
        return deliveries

    async def acknowledge(self, deliveries: list[Delivery]) -> None:
        """The server has noted that these are done. It reads in order: the answer for the last stands for all."""
        for delivery in deliveries[:-1]:
            await delivery.message.ack()
        await deliveries[-1].message.ack_sync(timeout=5)

    async def _request(self) -> None:
        request = {
            "batch": PREFETCH,
            "expires": int(EXPIRY_SECONDS * 1e9),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * 1e9),
        }
        self._wanted, self._since_request = PREFETCH, 0
        self._heard_at = asyncio.get_running_loop().time()
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}"
        await self._client.publish(subject, orjson.dumps(request), reply=self._inbox)

    async def _take(self, message: Msg | None, deliveries: list[Delivery]) -> None:
        if message is None:
            raise PullStalled("connection lost")
        self._heard_at = asyncio.get_running_loop().time()
        status = (message.headers or {}).get("Status")
        if status is not None and not message.reply:
            if status != _HEARTBEAT:
                await self._request_ended(status)
            return
        number = message.metadata.sequence
        if number.consumer != self._delivered + 1:
            raise PullStalled(f"delivery {number.consumer} after {self._delivered}: one was lost on the way")
        self._delivered = number.consumer
        self._wanted -= 1
        self._since_request += 1
        deliveries.append(Delivery(message.data, number.stream, message))

    async def _request_ended(self, status: str) -> None:
        """408 when it expires. A consumer that has more and delivered nothing is stuck (nats-server issue 7278)."""
        if status != "408":
            raise PullStalled(f"the server ended the request with {status}")
        if not self._since_request:
            info = await self._client.jetstream(timeout=5).consumer_info(self._stream, self._consumer)
            if info.num_pending and info.delivered and info.delivered.consumer_seq == self._delivered:
                raise PullStalled(f"{info.num_pending} pending and nothing delivered")
        self._wanted = 0

    def _check_overdue(self) -> None:
        if self._wanted > 0 and asyncio.get_running_loop().time() - self._heard_at > SILENCE_SECONDS:
            raise PullStalled("the server has forgotten the request")

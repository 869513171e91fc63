"""The two ways on which events come: the bus, which is fast, and the feed, which passes every firewall."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, Self

import nats.errors
from nats.aio.client import Client

from onevisit_client.errors import BusUnavailable, EventNotValid, PlatformRefused
from onevisit_client.events import Event
from onevisit_client.healing import cursor_name
from onevisit_client.inbox import Inbox
from onevisit_client.platform import Platform
from onevisit_client.pulling import Pull
from onevisit_client.shapes import NatsPlace, Page, Subscription
from onevisit_client.tokens import RENEW_SECONDS_BEFORE_EXPIRY

BUS_ERRORS = (BusUnavailable, nats.errors.Error, OSError, TimeoutError)
CONNECT_SECONDS = 12.0
REQUEST_SECONDS = 5.0
BUS_WAIT_SECONDS = 1.0
FEED_WAIT_SECONDS = 10
PAGE = 500
CURSOR_NOT_VALID = "cursor-not-valid"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event as it came, or why it is none; `acknowledge` once it is held."""

    event: Event | EventNotValid
    acknowledge: Callable[[], Awaitable[None]]


class Road(Protocol):
    """An open way for events. Left by `close`, or before `expired`."""

    name: str
    # Somebody before us left with events in hand: these will come late, behind events that follow them.
    is_disordered: bool

    async def arrivals(self, *, patient: bool) -> Sequence[Arrival]:
        """The next events; none if nothing came for a while, for a longer one if `patient`."""

    async def settle(self, *, complete: bool) -> None:
        """What was acknowledged is known to be; if `complete`, everything that was handed over is done with."""

    @property
    def expired(self) -> bool:
        """Whether it is time to leave this road and open another."""

    async def close(self) -> None:
        """Nothing more comes."""


class Bus:
    """A connection to NATS, for as long as the token lasts. It is not mended but made anew: the server closes it for
    good when the token's time is over.
    """

    name = "bus"

    def __init__(self, client: Client, pull: Pull, *, until: float, is_disordered: bool) -> None:
        self.is_disordered = is_disordered
        self._client = client
        self._pull = pull
        self._until = until
        self._unsettled = False

    @classmethod
    async def open(cls, platform: Platform, subscription: Subscription, *, name: str) -> Self:
        """Connected and ready to pull; raises one of `BUS_ERRORS` where that cannot be."""
        if not subscription.ready:
            raise BusUnavailable(f"the subscription is not on the bus: {subscription.reason}")
        token = await platform.tokens.current()
        client = Client()
        place = subscription.nats
        _check_encrypted(place, platform)
        failures: list[Exception] = []
        sessions: list[Pull] = []

        async def note(error: Exception) -> None:
            failures.append(error)
            for session in sessions:
                session.lose(error)

        def shown() -> str:
            # Called when the token is about to be sent. Who sits on the way can leave TLS out of the server's greeting,
            # and nats-py would go on in clear text, whatever the address says.
            if place.is_encrypted and not client._server_info.get("tls_required"):  # noqa: SLF001 - as above
                raise BusUnavailable("the bus does not encrypt, as its address says")
            return token

        async def closed() -> None:
            await note(failures[-1] if failures else BusUnavailable("the server closed the connection"))

        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await client.connect(
                    place.servers,
                    name=name,
                    token=shown,
                    inbox_prefix=place.inbox_prefix,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,  # of the first connection: by default it is tried for two minutes
                    reconnect_time_wait=1,
                    connect_timeout=5,
                    ping_interval=10,  # a dead connection is noticed within half a minute, not four
                    max_outstanding_pings=2,
                    error_cb=note,
                    closed_cb=closed,
                )
            info = await client.jetstream(timeout=REQUEST_SECONDS).consumer_info(place.stream, place.consumer)
            delivered = info.delivered.consumer_seq if info.delivered else 0
            pull = Pull(client, stream=place.stream, consumer=place.consumer, after=delivered)
            sessions.append(pull)
            await pull.open()
        except BaseException:
            await _close(client)
            raise
        left = platform.tokens.expires - time.time()
        until = time.time() + max(left - RENEW_SECONDS_BEFORE_EXPIRY, left / 2, 1)
        return cls(client, pull, until=until, is_disordered=bool(info.num_ack_pending))

    async def arrivals(self, *, patient: bool) -> Sequence[Arrival]:  # noqa: ARG002 - the server pushes
        """What was delivered within a second."""
        messages = await self._pull.fetch(seconds=BUS_WAIT_SECONDS)
        self._unsettled = self._unsettled or bool(messages)
        return [Arrival(_read(message.data), message.ack) for message in messages]

    async def settle(self, *, complete: bool) -> None:  # noqa: ARG002 - each message has its own acknowledgement
        """The server reads in order: when it answers a ping, it has read every acknowledgement before."""
        if self._unsettled:
            await self._client.flush(timeout=5)
            self._unsettled = False

    @property
    def expired(self) -> bool:
        """The token ends within a minute."""
        return time.time() > self._until

    async def close(self) -> None:
        """Unacknowledged events are delivered again, on another connection."""
        await _close(self._client)


class Feed:
    """Long polls of the feed; where reading goes on is kept in the inbox."""

    name = "feed"
    is_disordered = False

    def __init__(
        self, platform: Platform, inbox: Inbox, topics: Sequence[str], *, until: float = float("inf"), wait: int
    ) -> None:
        self._platform = platform
        self._inbox = inbox
        self._topics = topics
        self._until = until
        self._wait = wait
        self._cursor_name = cursor_name(topics)
        self._reached: str | None = None

    async def arrivals(self, *, patient: bool) -> Sequence[Arrival]:
        """The next page."""
        after = await self._inbox.cursor(self._cursor_name)
        wait = self._wait if patient else min(1, self._wait)
        page = await read_feed(self._platform, self._topics, after, wait=wait)
        self._reached = page.next if page.next != after else None
        return [Arrival(event, _nothing) for event in page.items]

    async def settle(self, *, complete: bool) -> None:
        """The next page begins where this one ended."""
        if complete and self._reached is not None:
            await self._inbox.save_cursor(self._cursor_name, self._reached)
            self._reached = None

    @property
    def expired(self) -> bool:
        """It is time to try the bus again."""
        return asyncio.get_running_loop().time() > self._until

    async def close(self) -> None:
        """Nothing is open between two polls."""


async def read_feed(platform: Platform, topics: Sequence[str], after: str | None, *, wait: int = 0) -> Page:
    """The next page; the first where the platform does not know its cursor any more, for what is known is dropped."""
    try:
        return await platform.events(topics, after=after, wait=wait, limit=PAGE)
    except PlatformRefused as refusal:
        if after is None or refusal.code != CURSOR_NOT_VALID:
            raise
        return await platform.events(topics, limit=PAGE)


def _check_encrypted(place: NatsPlace, platform: Platform) -> None:
    if platform.is_encrypted and not place.is_encrypted:
        raise BusUnavailable(f"the platform is encrypted and its bus is not: {place.url}")


def _read(body: bytes) -> Event | EventNotValid:
    try:
        return Event.parse(body)
    except EventNotValid as error:
        return error


async def _nothing() -> None:
    """The feed wants no acknowledgement: the cursor is ours."""


async def _close(client: Client) -> None:
    with suppress(*BUS_ERRORS):
        await client.close()

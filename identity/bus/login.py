"""A connection of identity's own to the bus, apart from the one that events take."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from nats.aio.client import Client

from shared.messaging.jetstream import servers_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Login:
    """Where the bus is, and as whom."""

    url: str
    user: str | None
    password: str | None

    @asynccontextmanager
    async def connected(self, name: str) -> AsyncGenerator["Connection"]:
        """A connection that comes back by itself, as long as the block lasts; waits for the first one."""
        connection = Connection()
        await connection.client.connect(
            servers_of(self.url),
            name=name,
            user=self.user,
            password=self.password,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=5,
            ping_interval=10,
            max_outstanding_pings=2,
            closed_cb=connection.close,
            error_cb=connection.note,
        )
        try:
            yield connection
        finally:
            await connection.client.close()


class Connection:
    """The client, and whether it has closed for good, as it does when the bus does not know the user."""

    def __init__(self) -> None:
        self.client = Client()
        self.closed = asyncio.Event()

    async def close(self) -> None:
        self.closed.set()

    async def note(self, error: Exception) -> None:
        log.warning("bus", error=type(error).__name__)

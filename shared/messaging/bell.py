"""Wakes what waits for rows of a table, by LISTEN on a connection of its own. A hint: who waits also polls."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import structlog

from shared.cancellation import going_on
from shared.database import Database

CHANNELS = ("outbox", "event_log")
log = structlog.get_logger(__name__)


class Bell:
    """Counts rings per channel. Read the count, look for rows, then wait for a later ring: none is missed."""

    def __init__(self, database: Database) -> None:
        self._servers = database.servers
        self._rings: Counter[str] = Counter()
        self._waiting: dict[str, asyncio.Event] = {channel: asyncio.Event() for channel in CHANNELS}

    def rings(self, channel: str) -> int:
        """How often it rang so far."""
        return self._rings[channel]

    def ring(self, channel: str) -> None:
        """Wake all who wait on this channel."""
        self._rings[channel] += 1
        waiting, self._waiting[channel] = self._waiting[channel], asyncio.Event()
        waiting.set()

    async def wait(self, channel: str, *, after: int, seconds: float) -> None:
        """Until it rang more often than `after`, or this time is over."""
        if self._rings[channel] != after:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._waiting[channel].wait()
        except TimeoutError:
            return

    async def run(self) -> None:
        """Listen until cancelled; when the connection is lost, connect again."""
        while going_on():
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                log.warning("not listening", exc_info=True)
            await asyncio.sleep(1)

    async def _listen(self) -> None:
        lost = asyncio.Event()
        conn = await self._servers.connect()
        try:
            conn.add_termination_listener(lambda _: lost.set())
            for channel in CHANNELS:
                await conn.add_listener(channel, self._hear)
                self.ring(channel)  # what came while nobody listened
            if going_on():
                await lost.wait()
        finally:
            conn.terminate()

    def _hear(self, _: Any, __: int, channel: str, ___: object) -> None:
        self.ring(channel)

"""News of applications: who follows one is woken when something may have happened to it. A hint: they also look."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import structlog

from licensing.applications.model import PROGRESS_CHANNEL
from shared.background import running
from shared.cancellation import going_on
from shared.database import Database

RECONNECT_SECONDS = 1.0
log = structlog.get_logger(__name__)


class News(Protocol):
    """An event that is set at each news of an application. Clear it before looking, then wait: nothing is missed."""

    def of(self, application: UUID) -> AbstractContextManager[asyncio.Event]: ...


class ToldNews:
    """The twin in memory: news is what this process is told."""

    def __init__(self) -> None:
        self._followers: dict[UUID, set[asyncio.Event]] = {}

    @contextmanager
    def of(self, application: UUID) -> Generator[asyncio.Event]:
        """Follow one application."""
        event = asyncio.Event()
        followers = self._followers.setdefault(application, set())
        followers.add(event)
        try:
            yield event
        finally:
            followers.discard(event)
            if not followers:
                self._followers.pop(application, None)

    def tell(self, application: UUID) -> None:
        """Something may have happened to it."""
        for event in self._followers.get(application, ()):
            event.set()

    def tell_all(self) -> None:
        """Something may have happened to any of them."""
        for application in list(self._followers):
            self.tell(application)


class ListenedNews(ToldNews):
    """What PostgreSQL announces on commit, whichever process has committed; one connection for all who follow."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._servers = database.servers
        self._listening = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Listen while the service runs; when the connection is lost, connect again."""
        async with running({"application-news": self._run}):
            yield

    async def ready(self) -> None:
        """Until news can be heard."""
        await self._listening.wait()

    async def _run(self) -> None:
        while going_on():
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("not listening for news of applications", error=type(error).__name__)
            self._listening.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        lost = asyncio.Event()
        conn = await self._servers.connect()
        try:
            conn.add_termination_listener(lambda _: lost.set())
            await conn.add_listener(PROGRESS_CHANNEL, self._hear)
            self._listening.set()
            self.tell_all()  # what came while nobody listened
            await lost.wait()
        finally:
            conn.terminate()

    def _hear(self, _: Any, __: int, ___: str, payload: str) -> None:
        self.tell(UUID(payload))

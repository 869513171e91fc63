"""A department at work: a platform that does what a test tells it, an inbox in a file, and what became of events."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from onevisit_client import Event, Platform, Retrying, SqliteInbox, Subscriber, Waiting
from tests.client.fake import EVERYTHING, FakePlatform
from tests.gateway.serving import serving

AT_ONCE = Retrying(attempts=3, first_seconds=0.01, most_seconds=0.02)
PATIENCE_SECONDS = 20


@dataclass
class Department:
    """One subscriber of a platform, and what it was handed."""

    fake: FakePlatform
    platform: Platform
    path: Path
    inbox: SqliteInbox
    handed: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    broken: set[str] = field(default_factory=set)  # subjects whose handling fails

    async def handle(self, event: Event) -> None:
        if event.subject in self.broken:
            raise ValueError("it does not work")
        self.handed.append(event)
        self.changed.set()

    def subscriber(self, *topics: str, **options: Any) -> Subscriber:
        defaults: dict[str, Any] = {"via": "feed", "retrying": AT_ONCE, "feed_wait_seconds": 0}
        return Subscriber(self.platform, "births", list(topics) or [EVERYTHING], self.inbox, **{**defaults, **options})

    @asynccontextmanager
    async def at_work(self, *topics: str, **options: Any) -> AsyncGenerator[Subscriber]:
        subscriber = self.subscriber(*topics, **options)
        running = asyncio.create_task(subscriber.run(self.handle))
        try:
            yield subscriber
        finally:
            await subscriber.stop()
            await running

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self.changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.05)

    async def until_handed(self, count: int) -> None:
        await self.until(lambda: len(self.handed) >= count)

    async def until_waiting(self, count: int, *, parked: int = 0) -> Sequence[Waiting]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(found := await self.inbox.waiting()) < count or sum(each.parked for each in found) < parked:
                self.changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.05)
        return found

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.handed]


NewDepartment = Callable[[str | None], Awaitable[Department]]


@pytest.fixture
async def new_department(tmp_path: Path) -> AsyncGenerator[NewDepartment]:
    async with AsyncExitStack() as stack:

        async def make(nats_url: str | None) -> Department:
            fake = FakePlatform(nats_url)
            url = await stack.enter_async_context(serving(fake.app()))
            platform = await stack.enter_async_context(Platform(url, fake.give_token, trust_env=False))
            path = tmp_path / "inbox.sqlite"
            inbox = await stack.enter_async_context(SqliteInbox(path))
            return Department(fake, platform, path, inbox)

        yield make


@pytest.fixture
async def department(new_department: NewDepartment) -> Department:
    """One that reads the feed."""
    return await new_department(None)


@pytest.fixture
async def connected(new_department: NewDepartment, nats_server: str) -> Department:
    """One that is on the bus."""
    return await new_department(nats_server)

"""Departments on the event bus: each with a subscription of its own, opened by the token that opens the API."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from deploy.demo.api import Api
from onevisit_client import Event, Platform, PlatformRefused, SqliteInbox, Subscriber
from shared.ids import random_id

PATIENCE_SECONDS = 20.0


class Listener:
    """What one department has heard, in the order of its hearing."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def hear(self, event: Event) -> None:
        """The effect of an event, once for each: it is remembered."""
        async with self._news:
            self.heard.append(dict(event.raw))
            self._news.notify_all()

    async def until(self, wanted: Callable[[dict[str, Any]], bool], *, count: int = 1) -> list[dict[str, Any]]:
        """All that were heard and are wanted, once there are so many."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            while len(found := [event for event in self.heard if wanted(event)]) < count:
                await self._news.wait()
            return found


@asynccontextmanager
async def listening(api: Api, topics: Mapping[str, Sequence[str]]) -> AsyncGenerator[dict[str, Listener]]:
    """Every department listens to its topics while the block runs; their subscriptions end with it."""
    async with AsyncExitStack() as stack:
        yield {
            department: await stack.enter_async_context(_one(api, department, theirs))
            for department, theirs in topics.items()
        }


@asynccontextmanager
async def _one(api: Api, department: str, topics: Sequence[str]) -> AsyncGenerator[Listener]:
    async def token() -> str:
        return await api.world.token(department)

    listener, name = Listener(), f"demo-x{random_id().hex}"
    async with (
        Platform(api.world.gateway, token, trust_env=api.world.is_elsewhere) as platform,
        SqliteInbox(":memory:") as inbox,
        Subscriber(platform, name, topics, inbox, via="bus") as subscriber,
        asyncio.TaskGroup() as group,
    ):
        running = group.create_task(subscriber.run(listener.hear))
        try:
            yield listener
        finally:
            await subscriber.stop()
            running.cancel()
            with suppress(PlatformRefused):
                await platform.unsubscribe(name)

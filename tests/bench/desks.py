"""Departments that decide as fast as they are told: the demonstration's desks, each with many clerks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from itertools import count
from typing import Any

from deploy.demo.api import Api
from deploy.demo.departments import DESKS, WAIT_SECONDS, Department, Desk
from identity.parties.rules import resident_check

CLERKS = 8
# No living person's: a number for each of 8 persons a day, from here on.
_FIRST_DAY = date(1880, 1, 1)
_given = count()


class Busy(Department):
    """Takes the cases of a page side by side."""

    async def _follow(self, topic: str) -> None:
        cursor, clerks = await self._end_of_feed(topic), asyncio.Semaphore(CLERKS)

        async def take(event: dict[str, Any]) -> None:
            async with clerks:
                await self._handle(event)

        while True:
            page = await self.api.get(self.desk.department, "/v1/events", topic=topic, after=cursor, wait=WAIT_SECONDS)
            cursor = page["next"]
            await asyncio.gather(*map(take, page["items"]))


async def give_number(api: Api, case: dict[str, Any]) -> str | None:
    """The next of the synthetic numbers."""
    place = next(_given)
    body = f"330782{_FIRST_DAY + timedelta(days=place // 8):%Y%m%d}{200 + 2 * (place % 8):03d}"
    number = {"id_number": body + resident_check(body)}
    await api.post("public-security", f"/v1/parties/{case['roles']['child']}/number", number)
    return None


@asynccontextmanager
async def deciding(api: Api) -> AsyncGenerator[None]:
    """Every department at work; a desk that fails takes the caller down with it."""
    desks = [Desk(desk.department, desk.items, desk.before and give_number) for desk in DESKS]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(Busy(api, desk, lambda *_: None).work()) for desk in desks]
        await asyncio.sleep(1)  # until they know where the feed ends
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

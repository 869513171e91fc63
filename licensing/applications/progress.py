"""Following an application: what happened so far, then what happens, until it has ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import UUID

from licensing.applications import queries
from licensing.applications.model import Entry
from licensing.applications.ports import News
from licensing.applications.rules.progress import Seen, entries, unseen
from shared.database import Database

LOOK_AGAIN_SECONDS = 15.0  # should a wake-up be lost
LONGEST_SECONDS = 600.0  # a token's life: then the client asks again, with a fresh one


async def follow(
    database: Database, news: News, application: UUID, *, before: Seen
) -> AsyncGenerator[tuple[Seen, Entry]]:
    """Every entry that was not seen before, each once; ends when the application has ended, or after ten minutes.

    No connection is held while nothing happens.
    """
    seen, end = before, asyncio.get_running_loop().time() + LONGEST_SECONDS
    with news.of(application) as woken:
        while asyncio.get_running_loop().time() < end:
            woken.clear()
            async with database.read() as conn:
                # In this order: an application that has ended has nothing after what is read next.
                held = await queries.find_application(conn, application)
                happened = await queries.list_happened(conn, application)
            assert held is not None
            for told in unseen(entries(held, happened), seen):
                seen = told[0]
                yield told
            if held.ended_at is not None:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await woken.wait()

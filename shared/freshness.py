"""What a process knows from a neighbour, and asks for again and again: while nobody answers, the last answer holds."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog

from shared.background import running
from shared.cancellation import going_on
from shared.database import DATABASE_ERRORS
from shared.errors import Unavailable
from shared.http import Refused

RETRY_SECONDS = 1.0
# The neighbour is away, says no, or answers what cannot be read; of its own, a service asks its database.
_ERRORS = (*DATABASE_ERRORS, Unavailable, Refused, ValueError)
Refresh = Callable[[], Awaitable[None]]
log = structlog.get_logger(__name__)


@asynccontextmanager
async def kept_fresh(name: str, refresh: Refresh, *, seconds: float) -> AsyncGenerator[None]:
    """Refreshed now and every so many seconds while the block lasts; more often until it has succeeded once."""
    async with running({name: partial(_keep_fresh, name, refresh, seconds)}):
        yield


async def _keep_fresh(name: str, refresh: Refresh, seconds: float) -> None:
    is_known = False
    while going_on():
        try:
            await refresh()
            is_known = True
        except _ERRORS as error:
            log.warning("not refreshed", part=name, error=type(error).__name__)
        await asyncio.sleep(seconds if is_known else min(seconds, RETRY_SECONDS))

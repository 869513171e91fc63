"""A revocation reaches the tokens that are out already: each process asks identity whose tokens are good no more."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog

from shared.auth import Revocations, TokenVerifier
from shared.background import running
from shared.cancellation import going_on
from shared.database import DATABASE_ERRORS
from shared.errors import Unavailable
from shared.http import Refused

RETRY_SECONDS = 1.0
Ask = Callable[[], Awaitable[Revocations]]
log = structlog.get_logger(__name__)


@asynccontextmanager
async def heeded(verifier: TokenVerifier, ask: Ask, *, seconds: float) -> AsyncGenerator[None]:
    """The verifier refuses whoever was revoked, so many seconds later at most, while the block lasts.

    While nobody answers, it goes by what it was told last, and by nothing before it was told anything: a service
    starts, and goes on, without identity. Until then a revoked client's token is good for what is left of its life.
    """
    async with running({"revocations": partial(_keep_fresh, verifier, ask, seconds)}):
        yield


async def _keep_fresh(verifier: TokenVerifier, ask: Ask, seconds: float) -> None:
    told = False
    while going_on():
        try:
            verifier.heed(await ask())
            told = True
        except (*DATABASE_ERRORS, Unavailable, Refused, ValueError) as error:
            log.warning("revocations not refreshed", error=type(error).__name__)
        await asyncio.sleep(seconds if told else min(seconds, RETRY_SECONDS))

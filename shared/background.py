"""What runs beside a process's requests: started again when it fails, and ended when asked."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from shared.cancellation import end, going_on
from shared.database import DATABASE_ERRORS

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
# A database that is away comes back, or another takes its place; asking costs little, and all work waits for it.
LONGEST_OUTAGE_PAUSE_SECONDS = 2.0
SETTLED_SECONDS = 60.0
log = structlog.get_logger(__name__)

Part = Callable[[], Awaitable[None]]


@asynccontextmanager
async def running(parts: Mapping[str, Part]) -> AsyncGenerator[None]:
    """These run while the block does, each started again when it fails."""
    tasks = [asyncio.create_task(supervise(name, run), name=name) for name, run in parts.items()]
    try:
        yield
    finally:
        await end(tasks)


async def supervise(name: str, run: Part) -> None:
    """Run it again when it fails, after a pause that grows with repeated failures."""
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE_SECONDS
    while going_on():
        started, longest = loop.time(), LONGEST_PAUSE_SECONDS
        try:
            await run()
        except DATABASE_ERRORS as error:
            log.warning("interrupted", part=name, error=type(error).__name__)
            longest = LONGEST_OUTAGE_PAUSE_SECONDS
        except Exception:
            log.exception("failed", part=name)
        if loop.time() - started > SETTLED_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(min(pause, longest))
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

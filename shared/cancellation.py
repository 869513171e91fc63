"""Whether a task was asked to end, and ending it."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

ASK_AGAIN_SECONDS = 5.0


def going_on() -> bool:
    """False once the current task was cancelled. `asyncio.wait_for` of Python 3.11, which libraries call, may swallow
    a cancellation (python/cpython issue 86296); a loop that does not ask would then never end.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()


async def together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """All run until the first ends; the others are then cancelled, and if it failed its error is raised as it is.

    Not an `asyncio.TaskGroup`: where a child fails while a group of Python 3.11 or 3.12 waits for its children, the
    task that waits stays marked as cancelled, and `going_on()` would end every loop above it, silently and for good.
    """
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(tasks)
    for task in ended:
        task.result()


async def end(tasks: Collection[asyncio.Task[Any]], *, ask_again: float = ASK_AGAIN_SECONDS) -> None:
    """All of them have ended, whatever with.

    Who does not is asked again after so many seconds: a library that swallows the request, as above, may go on for ever
    (nats-py does, while it looks for a server that is not there).
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=ask_again)
    for task in tasks:
        # Whoever ended with an error that nobody asks for is told of in the log.
        _ = task.cancelled() or task.exception()

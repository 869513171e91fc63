"""Whether a task was asked to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


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
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()

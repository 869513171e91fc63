"""Whether a task was asked to end."""

import asyncio


def going_on() -> bool:
    """False once the current task was cancelled. `asyncio.wait_for` of Python 3.11, which libraries call, may swallow
    a cancellation (python/cpython issue 86296); a loop that does not ask would then never end.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()

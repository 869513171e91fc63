"""What runs together ends together, and leaves the task that waited for it as it was."""

import asyncio
from contextlib import suppress

import pytest

from shared.cancellation import end, going_on, together


class Failed(Exception):
    """One of them did."""


async def fail() -> None:
    await asyncio.sleep(0)
    raise Failed


async def last_for_ever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("cancelled")


async def test_a_failure_ends_the_others_and_is_raised_as_it_is() -> None:
    ended: list[str] = []
    with pytest.raises(Failed):
        await together(last_for_ever(ended), fail())
    assert ended == ["cancelled"]


async def test_who_waited_goes_on_after_a_failure() -> None:
    """A task group of Python 3.11 leaves it marked as cancelled; every loop that asks would end."""
    with pytest.raises(Failed):
        await together(fail(), asyncio.sleep(60))
    assert going_on()


async def test_who_is_cancelled_takes_the_others_along() -> None:
    ended: list[str] = []
    waiting = asyncio.create_task(together(last_for_ever(ended), last_for_ever(ended)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["cancelled", "cancelled"]


async def test_who_did_not_hear_is_asked_again() -> None:
    async def swallow() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(swallow()), asyncio.create_task(last_for_ever([])), asyncio.create_task(fail())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(tasks, ask_again=0.01)
    assert all(task.done() for task in tasks)

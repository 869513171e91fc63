"""What a neighbour knows is asked for soon until it has answered once, and then as seldom as was said."""

import asyncio
from itertools import pairwise

import pytest
from sqlalchemy.exc import OperationalError

from shared.errors import Unavailable
from shared.freshness import kept_fresh
from shared.http import Refused

SELDOM = 3600.0


@pytest.mark.parametrize(
    "failure",
    [
        Unavailable(service="licensing", retry_after=1),
        Refused("licensing", 403, "not-allowed"),
        OperationalError("SELECT", {}, Exception()),
        ConnectionError(),
        ValueError(),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_what_is_not_known_yet_is_asked_for_again_soon(failure: Exception) -> None:
    answers, is_known = iter([failure, None]), asyncio.Event()

    async def refresh() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer
        is_known.set()

    async with kept_fresh("rules", refresh, seconds=SELDOM), asyncio.timeout(30):
        await is_known.wait()


async def test_what_was_known_once_is_asked_for_as_seldom_as_was_said_also_after_a_failure() -> None:
    asked: list[float] = []
    asked_thrice, loop = asyncio.Event(), asyncio.get_running_loop()

    async def refresh() -> None:
        asked.append(loop.time())
        if len(asked) == 3:
            asked_thrice.set()
        if len(asked) == 2:
            raise Unavailable(service="licensing", retry_after=1)

    # Longer than the pause before anything is known.
    async with kept_fresh("rules", refresh, seconds=1.5), asyncio.timeout(60):
        await asked_thrice.wait()
    assert all(later - earlier >= 1.4 for earlier, later in pairwise(asked))

"""Open cases by state and those that are late, as metrics; ended cases are not among them."""

from collections.abc import Awaitable, Callable

import pytest

from licensing.cases import commands
from licensing.cases.model import State
from licensing.measures import CASES, OVERDUE, measured
from shared.database import Database
from tests.licensing.cases.world import World
from tests.licensing.test_worker import until
from tests.support.clock import FrozenClock


@pytest.fixture
def world(database: Database, clock: FrozenClock) -> World:
    return World(database, clock)


def shown() -> dict[str, float]:
    """The states in which there are cases, and how many of all are late."""
    found = {sample.labels["state"]: sample.value for metric in CASES.collect() for sample in metric.samples}
    return {state: number for state, number in found.items() if number} | {"overdue": OVERDUE._value.get()}


def shows(expected: dict[str, float]) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return shown() == expected

    return holds


async def test_open_cases_are_counted_by_state_and_the_late_ones_among_them(world: World, database: Database) -> None:
    birth, *rest = await world.open()
    other, *_ = await world.open()
    await world.accept(birth.id)
    await world.do(commands.fall_overdue, birth.id, at=world.clock())
    async with measured(database):
        await until(shows({"accepted": 1, "received": 1, "waiting": 2 * len(rest), "overdue": 1}))
        assert {sample.labels["state"] for metric in CASES.collect() for sample in metric.samples} == {
            *(state for state in State if state not in {"blocked", "concluded", "refused", "withdrawn"})
        }
    await world.refuse(other.id)
    async with measured(database):
        await until(shows({"accepted": 1, "waiting": len(rest), "overdue": 1}))

"""What licensing shows of its cases, as metrics: how many are in which state, and how many are late."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prometheus_client import Gauge

from licensing.cases.model import State
from licensing.cases.model.states import ENDED
from licensing.cases.queries import count_open
from shared.background import running
from shared.cancellation import going_on
from shared.database import Database

MEASURE_SECONDS = 15.0

CASES = Gauge("onevisit_cases", "Cases that have not ended, by state", ["state"])
OVERDUE = Gauge("onevisit_cases_overdue", "Open cases whose time to decide is over")


@asynccontextmanager
async def measured(database: Database) -> AsyncGenerator[None]:
    """Counted every fifteen seconds while the block runs."""

    async def measure() -> None:
        while going_on():
            async with database.read() as conn:
                counted = await count_open(conn)
            for state in sorted(frozenset(State) - ENDED):
                CASES.labels(state).set(counted.by_state.get(state, 0))
            OVERDUE.set(counted.overdue)
            await asyncio.sleep(MEASURE_SECONDS)

    async with running({"measures": measure}):
        yield

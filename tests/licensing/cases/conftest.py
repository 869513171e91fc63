"""Cases on a real database."""

import pytest

from shared.database import Database
from tests.licensing.cases.world import World
from tests.support.clock import FrozenClock


@pytest.fixture
def world(database: Database, clock: FrozenClock) -> World:
    return World(database, clock)

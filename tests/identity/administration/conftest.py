import pytest

from tests.identity.administration.desk import Desk
from tests.identity.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)

"""The service, with a catalogue of what was held before go-live, and an identity that knows where people live."""

import pytest

from tests.certificates.imports.registers import CATALOGUE, REGIONS
from tests.support.neighbours import Neighbours


@pytest.fixture
def licensing() -> Neighbours:
    return Neighbours(CATALOGUE, regions=dict(REGIONS))

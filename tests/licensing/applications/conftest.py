"""Licensing as applicants meet it."""

import httpx2
import pytest

from licensing.service import LicensingService
from tests.licensing.applications.world import World
from tests.support.clock import FrozenClock
from tests.support.tokens import Issuer


@pytest.fixture
def world(http: httpx2.AsyncClient, licensing: LicensingService, issuer: Issuer, clock: FrozenClock) -> World:
    return World(http, licensing, issuer, clock)

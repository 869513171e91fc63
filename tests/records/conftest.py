"""The service under test."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from records.app import compose
from records.service import RecordsService
from records.settings import RecordsSettings
from tests.records.world import CHILD, MOTHER, RULES, World
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.neighbours import Neighbours
from tests.support.services import client_of, settings_of
from tests.support.tokens import Issuer


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours(RULES, regions={MOTHER: "330782", CHILD: "330782"})


@pytest.fixture
async def service(
    new_database: NewDatabase, tmp_path: Path, clock: FrozenClock, issuer: Issuer, neighbours: Neighbours
) -> RecordsService:
    given = settings_of(tmp_path, database_url=await new_database("records"))
    settings = RecordsSettings.model_validate(given)
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    return RecordsService("records", settings, http=http, clock=clock, keys=issuer.keys())


@pytest.fixture
async def unloaded(service: RecordsService, neighbours: Neighbours, issuer: Issuer) -> AsyncGenerator[World]:
    """The service running, without a catalogue."""
    neighbours.silent.add("licensing")
    async with client_of(compose(service), "records") as http:
        yield World(service, http, neighbours, issuer)


@pytest.fixture
async def world(unloaded: World) -> World:
    """The service running, with the catalogue loaded."""
    unloaded.neighbours.silent.discard("licensing")
    await unloaded.service.evidence.policy.refresh()
    return unloaded

"""The service under test: alone, or working with a bus."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from certificates.app import compose
from certificates.sealing.authority import new_root
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from tests.certificates.seals import HEALTH, SECURITY, signer_for
from tests.certificates.world import SAYING, World
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.neighbours import Neighbours
from tests.support.services import NOWHERE, client_of, settings_of
from tests.support.tokens import Issuer

NewService = Callable[..., CertificatesService]


@pytest.fixture
def licensing() -> Neighbours:
    return Neighbours(SAYING)


@pytest.fixture
async def new_service(
    new_database: NewDatabase, tmp_path: Path, clock: FrozenClock, issuer: Issuer, licensing: Neighbours
) -> NewService:
    """Makes processes of the service, which share a database."""
    given = settings_of(tmp_path, database_url=await new_database("certificates"), seal_directory=tmp_path)
    seals = signer_for(new_root(at=clock()), HEALTH, SECURITY, at=clock())

    def make(*, run: str = "api", nats_url: str = NOWHERE, **more: object) -> CertificatesService:
        settings = CertificatesSettings.model_validate(given | {"run": run, "nats_url": nats_url} | more)
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(licensing))
        return CertificatesService("certificates", settings, http=http, clock=clock, keys=issuer.keys(), seals=seals)

    return make


@pytest.fixture
async def world(new_service: NewService, licensing: Neighbours, issuer: Issuer) -> AsyncGenerator[World]:
    """The service answering requests, with the sharing rules loaded."""
    async with running(new_service(), licensing, issuer) as world:
        yield world


@pytest.fixture
async def working(
    new_service: NewService, licensing: Neighbours, issuer: Issuer, nats_server: str
) -> AsyncGenerator[World]:
    """The service with its relay, subscribers and timers on a real bus."""
    async with running(new_service(run="api,worker", nats_url=nats_server), licensing, issuer) as world:
        yield world


@asynccontextmanager
async def running(service: CertificatesService, licensing: Neighbours, issuer: Issuer) -> AsyncGenerator[World]:
    async with client_of(compose(service), "certificates") as http:
        await service.evidence.policy.refresh()
        yield World(service, http, licensing, issuer)

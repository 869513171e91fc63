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
from shared.jose import SigningKey
from tests.certificates.seals import HEALTH, SECURITY, signer_for
from tests.certificates.world import Licensing, World
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.tokens import ISSUER, Issuer

NOWHERE = "nats://127.0.0.1:1"
NewService = Callable[..., CertificatesService]


@pytest.fixture
def licensing() -> Licensing:
    return Licensing()


@pytest.fixture
async def new_service(
    new_database: NewDatabase, tmp_path: Path, clock: FrozenClock, issuer: Issuer, licensing: Licensing
) -> NewService:
    """Makes processes of the service, which share a database."""
    (tmp_path / "cursor.key").write_bytes(bytes(32))
    (tmp_path / "client.pem").write_bytes(SigningKey.generate().pem())
    urls = {f"{name}_url": f"http://{name}.test" for name in ("identity", "licensing", "certificates", "records")}
    given = urls | {
        "profile": "embedded",
        "issuer": ISSUER,
        "database_url": await new_database("certificates"),
        "client_key_file": tmp_path / "client.pem",
        "cursor_key_file": tmp_path / "cursor.key",
        "seal_directory": tmp_path,
    }
    seals = signer_for(new_root(at=clock()), HEALTH, SECURITY, at=clock())

    def make(*, run: str = "api", nats_url: str = NOWHERE) -> CertificatesService:
        settings = CertificatesSettings.model_validate(given | {"run": run, "nats_url": nats_url})
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(licensing))
        return CertificatesService("certificates", settings, http=http, clock=clock, keys=issuer.keys(), seals=seals)

    return make


@pytest.fixture
async def world(new_service: NewService, licensing: Licensing, issuer: Issuer) -> AsyncGenerator[World]:
    """The service answering requests, with the sharing rules loaded."""
    async with running(new_service(), licensing, issuer) as world:
        yield world


@pytest.fixture
async def working(
    new_service: NewService, licensing: Licensing, issuer: Issuer, nats_server: str
) -> AsyncGenerator[World]:
    """The service with its relay, subscribers and timers on a real bus."""
    async with running(new_service(run="api,worker", nats_url=nats_server), licensing, issuer) as world:
        yield world


@asynccontextmanager
async def running(service: CertificatesService, licensing: Licensing, issuer: Issuer) -> AsyncGenerator[World]:
    app = compose(service)
    async with app.router.lifespan_context(app):
        await service.evidence.policy.refresh()
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://certificates.test") as http:
            yield World(service, http, licensing, issuer)

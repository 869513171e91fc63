"""The service under test."""

from collections.abc import AsyncGenerator
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


@pytest.fixture
async def service(
    new_database: NewDatabase,
    tmp_path: Path,
    clock: FrozenClock,
    issuer: Issuer,
    licensing: Licensing,
) -> CertificatesService:
    (tmp_path / "cursor.key").write_bytes(bytes(32))
    (tmp_path / "client.pem").write_bytes(SigningKey.generate().pem())
    urls = {f"{name}_url": f"http://{name}.test" for name in ("identity", "licensing", "certificates", "records")}
    settings = CertificatesSettings.model_validate(
        urls
        | {
            "profile": "embedded",
            "issuer": ISSUER,
            "database_url": await new_database("certificates"),
            "client_key_file": tmp_path / "client.pem",
            "seal_directory": tmp_path,
            "cursor_key_file": tmp_path / "cursor.key",
            "nats_url": "nats://127.0.0.1:1",  # the worker does not run here: nobody connects
            "run": "api",
        }
    )
    return CertificatesService(
        "certificates",
        settings,
        http=httpx2.AsyncClient(transport=httpx2.MockTransport(licensing)),
        clock=clock,
        keys=issuer.keys(),
        seals=signer_for(new_root(at=clock()), HEALTH, SECURITY, at=clock()),
    )


@pytest.fixture
def licensing() -> Licensing:
    return Licensing()


@pytest.fixture
async def world(service: CertificatesService, licensing: Licensing, issuer: Issuer) -> AsyncGenerator[World]:
    """The service running, with the sharing rules loaded."""
    app = compose(service)
    async with app.router.lifespan_context(app):
        await service.evidence.policy.refresh()
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://certificates.test") as http:
            yield World(service, http, licensing, issuer)

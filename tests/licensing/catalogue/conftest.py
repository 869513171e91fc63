"""The catalogue's routes over a real database, as licensing serves them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import httpx2
import pytest

from licensing.catalogue.api import router
from licensing.catalogue.releases import Releases
from shared.database import Database
from shared.settings import ServiceSettings
from shared.web import Service, create_service
from tests.support.clock import FrozenClock
from tests.support.tokens import ISSUER, Issuer


@dataclass
class CatalogueService(Service):
    releases: Releases = field(default_factory=Releases)


@pytest.fixture
async def client(database: Database, clock: FrozenClock, issuer: Issuer) -> AsyncGenerator[httpx2.AsyncClient]:
    told: dict[str, object] = {f"{name}_url": "http://unused.test" for name in ("identity", "certificates", "records")}
    url = database.engine.url.render_as_string(hide_password=False)
    settings = ServiceSettings.model_validate(
        {"profile": "embedded", "issuer": ISSUER, "licensing_url": "http://licensing.test", "database_url": url, **told}
    )
    service = CatalogueService("licensing", settings, clock=clock, keys=issuer.keys())
    transport = httpx2.ASGITransport(app=create_service(service, routers=[router]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://licensing.test") as connected:
        yield connected
    await service.close()

"""The service under test."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from records.app import compose
from records.service import RecordsService
from records.settings import RecordsSettings
from shared.jose import SigningKey
from tests.records.world import Neighbours, World
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.tokens import ISSUER, Issuer


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture
async def service(
    new_database: NewDatabase, tmp_path: Path, clock: FrozenClock, issuer: Issuer, neighbours: Neighbours
) -> RecordsService:
    (tmp_path / "client.pem").write_bytes(SigningKey.generate().pem())
    (tmp_path / "cursor.key").write_bytes(bytes(32))
    urls = {f"{name}_url": f"http://{name}.test" for name in ("identity", "licensing", "certificates", "records")}
    settings = RecordsSettings.model_validate(
        urls
        | {
            "profile": "embedded",
            "issuer": ISSUER,
            "database_url": await new_database("records"),
            "client_key_file": tmp_path / "client.pem",
            "cursor_key_file": tmp_path / "cursor.key",
            "nats_url": "nats://127.0.0.1:1",
            "run": "api",
        }
    )
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    return RecordsService("records", settings, http=http, clock=clock, keys=issuer.keys())


@pytest.fixture
async def unloaded(service: RecordsService, neighbours: Neighbours, issuer: Issuer) -> AsyncGenerator[World]:
    """The service running, without a catalogue."""
    neighbours.silent.add("licensing")
    app = compose(service)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://records.test") as http:
            yield World(service, http, neighbours, issuer)


@pytest.fixture
async def world(unloaded: World) -> World:
    """The service running, with the catalogue loaded."""
    unloaded.neighbours.silent.discard("licensing")
    await unloaded.service.evidence.policy.refresh()
    return unloaded

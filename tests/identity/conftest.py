"""The identity service over a database of its own, with the small government of `world`."""

import secrets
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from identity.app import compose
from identity.bootstrap import load
from identity.service import IdentityService
from identity.settings import IdentitySettings
from tests.identity.world import ISSUER, Inbox, World, document
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase


@pytest.fixture
async def settings(new_database: NewDatabase, tmp_path: Path) -> IdentitySettings:
    for name in ("master", "index", "cursor"):
        (tmp_path / name).write_bytes(secrets.token_bytes(32))
    return IdentitySettings.model_validate(
        {
            "profile": "embedded",
            "issuer": ISSUER,
            **{f"{name}_url": f"http://{name}.test" for name in ("identity", "licensing", "certificates", "records")},
            "database_url": await new_database("identity"),
            "database_pool": 5,
            "master_key_file": tmp_path / "master",
            "index_key_file": tmp_path / "index",
            "cursor_key_file": tmp_path / "cursor",
            "nats_url": "nats://nowhere.test:4222",
            "run": "api",
        }
    )


@pytest.fixture
async def world(settings: IdentitySettings, clock: FrozenClock) -> AsyncGenerator[World]:
    inbox = Inbox()
    service = IdentityService("identity", settings, clock=clock, sender=inbox)
    app = compose(service)
    async with app.router.lifespan_context(app):
        async with service.database.transaction() as conn:
            people = await load(document(), conn, service.vault, clock())
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://identity.test") as http:
            yield World(service, http, people, inbox)

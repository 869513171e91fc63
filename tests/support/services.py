"""What the tests of every service need around it: what it is told, a client of it, and a look into its database."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx2
import orjson
from fastapi import FastAPI
from sqlalchemy import text

from shared.jose import SigningKey
from shared.web import Service
from tests.support.tokens import ISSUER

ServiceT = TypeVar("ServiceT", bound=Service)
# A bus that nobody reaches: for all tests that do without one.
NOWHERE = "nats://127.0.0.1:1"
URLS = {f"{name}_url": f"http://{name}.test" for name in ("identity", "licensing", "certificates", "records")}


def settings_of(directory: Path, *, database_url: str, **more: object) -> dict[str, object]:
    """What every service is told; it serves and does not work, unless `more` says otherwise. Keys go to `directory`."""
    (directory / "client.pem").write_bytes(SigningKey.generate().pem())
    (directory / "cursor.key").write_bytes(os.urandom(32))
    return {
        **URLS,
        "profile": "embedded",
        "issuer": ISSUER,
        "database_url": database_url,
        "client_key_file": directory / "client.pem",
        "cursor_key_file": directory / "cursor.key",
        "nats_url": NOWHERE,
        "run": "api",
        **more,
    }


@asynccontextmanager
async def client_of(app: FastAPI, name: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """Calls the application, whose parts run meanwhile."""
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=f"http://{name}.test") as client:
            yield client


@dataclass
class ServiceWorld(Generic[ServiceT]):
    """The service under test and a client of it. Each service's world adds its own words."""

    service: ServiceT
    http: httpx2.AsyncClient

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """What the database answers."""
        async with self.service.database.read() as conn:
            return [dict(row) for row in (await conn.execute(text(statement), values)).mappings()]

    async def events(self, type: str = "%") -> list[dict[str, Any]]:  # noqa: A002 - the envelope's own word
        """Events recorded and not yet published, oldest first; `data` parsed."""
        found = await self.rows("SELECT * FROM outbox WHERE type LIKE :type ORDER BY id", type=type)
        return [{**row, "data": orjson.loads(row["data"])} for row in found]

"""The service as it runs: what another service publishes on the bus wakes a case here."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

import pytest

from licensing.app import compose
from licensing.cases.model import State
from licensing.service import LicensingService
from licensing.settings import LicensingSettings
from shared.contracts.events import CertificateIssued
from shared.database import Database, new_metadata
from shared.ids import new_id
from shared.messaging import install
from shared.messaging.outbox import record
from shared.messaging.runtime import MessagingRuntime
from tests.licensing.cases.factories import CHILD, YIWU
from tests.licensing.cases.world import CERTIFICATE, World
from tests.support.clock import FrozenClock
from tests.support.databases import DatabaseFor
from tests.support.tokens import Issuer

PATIENCE_SECONDS = 20.0


@asynccontextmanager
async def certificates_running(database_for: DatabaseFor, settings: LicensingSettings) -> AsyncGenerator[Database]:
    """Another service that publishes what it records."""
    metadata = new_metadata()
    install(metadata)
    database = Database(await database_for(metadata), pool_size=5)
    try:
        async with MessagingRuntime("certificates", database, settings).running():
            yield database
    finally:
        await database.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what an event is to bring about; there is nothing to await but the database."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - other connections change it
            await asyncio.sleep(0.05)


@pytest.fixture
def world(database: Database, clock: FrozenClock) -> World:
    return World(database, clock)


async def test_a_certificate_that_is_issued_elsewhere_wakes_the_case_that_waits_for_it(
    settings: LicensingSettings, world: World, issuer: Issuer, database_for: DatabaseFor, nats_server: str
) -> None:
    told = settings.model_copy(update={"nats_url": nats_server, "run": frozenset({"api", "worker"})})
    service = LicensingService("licensing", told, clock=world.clock, keys=issuer.keys())
    app = compose(service)
    opened = await world.open()
    async with certificates_running(database_for, told) as certificates, app.router.lifespan_context(app):
        await publish(certificates, world)

        async def woken() -> bool:
            return (await world.case(opened[1].id)).state is State.RECEIVED

        await until(woken)


async def publish(certificates: Database, world: World) -> UUID:
    certificate = new_id()
    event = CertificateIssued(
        certificate=certificate,
        kind=CERTIFICATE,
        party=CHILD,
        issuer="health-commission",
        state="normal",
        issued_on=date(2026, 3, 2),
    )
    async with certificates.transaction() as conn:
        await record(conn, event, subject=certificate, version=1, region=YIWU, kind=CERTIFICATE, at=world.clock())
    return certificate

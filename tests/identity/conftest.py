"""The identity service over a database of its own, with the small government of `world`."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from identity.app import compose
from identity.bootstrap import load
from identity.service import IdentityService
from identity.settings import IdentitySettings
from tests.identity.guarded import Guarded
from tests.identity.world import RULES, Inbox, World, document
from tests.support.accounts import GuardedBus
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.neighbours import Neighbours
from tests.support.services import client_of, settings_of


@pytest.fixture
async def settings(new_database: NewDatabase, tmp_path: Path) -> IdentitySettings:
    for name in ("master", "index"):
        (tmp_path / name).write_bytes(secrets.token_bytes(32))
    given = settings_of(
        tmp_path,
        database_url=await new_database("identity"),
        database_pool=5,
        master_key_file=tmp_path / "master",
        index_key_file=tmp_path / "index",
    )
    return IdentitySettings.model_validate(given)


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours(RULES)


@pytest.fixture
async def unloaded(settings: IdentitySettings, clock: FrozenClock, neighbours: Neighbours) -> AsyncGenerator[World]:
    """The service running while licensing does not."""
    neighbours.silent.add("licensing")
    inbox = Inbox()
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    service = IdentityService("identity", settings, clock=clock, sender=inbox, http=http)
    async with client_of(compose(service), "identity") as client:
        async with service.database.transaction() as conn:
            people = await load(document(), conn, service.vault, clock())
        yield World(service, client, people, inbox)


@pytest.fixture
async def world(unloaded: World, neighbours: Neighbours) -> World:
    """The service running, with the sharing rules loaded."""
    neighbours.silent.discard("licensing")
    await unloaded.service.sharing.refresh()
    return unloaded


@pytest.fixture
async def guarded(
    settings: IdentitySettings, nats_with_accounts: GuardedBus, neighbours: Neighbours
) -> AsyncGenerator[Guarded]:
    """The service keeps the door of a bus, by the real time; two departments follow the same topic."""
    told = {**settings.model_dump(), **nats_with_accounts.settings(), "nats_check_seconds": 0.5}
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    service = IdentityService("identity", IdentitySettings.model_validate(told), http=http)
    operator = await nats_with_accounts.connect()
    async with client_of(compose(service), "identity") as client:
        async with service.database.transaction() as conn:
            people = await load(document(), conn, service.vault, service.clock())
        await service.sharing.refresh()
        await service.messaging.bus.connected()
        world, door = World(service, client, people, Inbox()), AsyncExitStack()
        guarded = Guarded(world, nats_with_accounts, operator, door)
        await guarded.subscribe("hospital", "births")
        await guarded.subscribe("medical-insurance", "births-too")
        async with door:
            await guarded.open()
            yield guarded
    await operator.close()

"""Who was revoked is refused by other services too, with the token that it has, as soon as they have asked identity."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter
from sqlalchemy import text

from identity.tokens.rules import ACCESS_TOKEN_LIFE, REVOCATIONS_TOLD_FOR
from shared.auth import requires
from shared.jose import LEEWAY_SECONDS, Keys
from shared.settings import ServiceSettings
from shared.web import Service, create_service
from tests.identity.world import KEYS, OFFICERS, World
from tests.support.clock import FrozenClock
from tests.support.services import client_of, settings_of

REVOKE = "/v1/clients/{}/revocation"
DISMISS = "UPDATE officers SET dismissed_at = :at WHERE department = :department"
Bearer = dict[str, str]
Ask = Callable[[Bearer], Awaitable[tuple[int, str | None]]]
Started = Callable[..., AbstractAsyncContextManager[Ask]]


class Network:
    """The way from the other service to identity."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cut = False

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.cut:
            raise httpx2.ConnectError("nobody there", request=request)
        answer = await self.world.http.request(
            request.method, request.url, content=request.content, headers=request.headers
        )
        return httpx2.Response(answer.status_code, content=answer.content)


@pytest.fixture
def network(world: World) -> Network:
    return Network(world)


@pytest.fixture
def other(network: Network, clock: FrozenClock, tmp_path: Path) -> Started:
    """Starts licensing, with one route for whoever has `events`."""
    router = APIRouter()

    @router.get("/ours", dependencies=[requires("events")])
    async def find_ours() -> dict[str, str]:
        return {}

    directory = tmp_path / "licensing"
    directory.mkdir()
    given = settings_of(directory, database_url="", revocations_seconds=0.1)
    (directory / "client.pem").write_bytes(KEYS["licensing"].pem())
    settings = ServiceSettings.model_validate({**given, "database_url": None})

    @asynccontextmanager
    async def start(*, keys: Keys | None = None) -> AsyncGenerator[Ask]:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(network))
        service = Service("licensing", settings, http=http, clock=clock, keys=keys)
        async with client_of(create_service(service, routers=[router]), "licensing") as client:

            async def ask(headers: Bearer) -> tuple[int, str | None]:
                answer = await client.get("/ours", headers=headers)
                return answer.status_code, answer.json().get("code")

            yield ask

    return start


async def refused(ask: Ask, headers: Bearer) -> tuple[int, str | None]:
    """How it is refused in the end."""
    async with asyncio.timeout(10):
        while (answer := await ask(headers))[0] == 200:
            await asyncio.sleep(0.02)
            continue
    return answer


async def test_a_revoked_client_is_refused_with_the_token_that_it_has(
    world: World, other: Started, network: Network
) -> None:
    ours, others = await world.bearer("hospital"), await world.bearer("medical-insurance")
    async with other() as ask:
        assert (await ask(ours), await ask(others)) == ((200, None), (200, None))
        await world.http.post(REVOKE.format("hospital"), headers=await world.bearer("ops"))
        assert await refused(ask, ours) == (401, "not-authenticated")
        network.cut = True
        await asyncio.sleep(0.5)
        assert (await ask(ours), await ask(others)) == ((401, "not-authenticated"), (200, None))


async def test_a_dismissed_officer_is_refused_and_welcome_when_back(
    world: World, other: Started, clock: FrozenClock
) -> None:
    ours, others = await world.bearer("hospital"), await world.bearer("medical-insurance")
    async with other() as ask:
        assert (await ask(ours), await ask(others)) == ((200, None), (200, None))
        async with world.service.database.transaction() as conn:
            await conn.execute(text(DISMISS), {"at": clock(), "department": "hospital"})
        assert await refused(ask, ours) == (401, "not-authenticated")
        assert await ask(others) == (200, None)
        async with world.service.database.transaction() as conn:
            await conn.execute(text(DISMISS), {"at": None, "department": "hospital"})
        async with asyncio.timeout(10):
            while (await ask(ours))[0] != 200:
                await asyncio.sleep(0.02)
                continue


async def test_a_service_starts_without_identity_and_hears_of_revocations_once_it_is_back(
    world: World, other: Started, network: Network
) -> None:
    ours, others = await world.bearer("hospital"), await world.bearer("medical-insurance")
    await world.http.post(REVOKE.format("hospital"), headers=await world.bearer("ops"))
    network.cut = True
    async with other(keys=world.service.keyring) as ask:
        assert (await ask(ours), await ask(others)) == ((200, None), (200, None))
        network.cut = False
        assert await refused(ask, ours) == (401, "not-authenticated")
        assert await ask(others) == (200, None)


async def test_identity_goes_by_its_own_table(world: World) -> None:
    ours = await world.bearer("hospital")
    await world.http.post(REVOKE.format("hospital"), headers=await world.bearer("ops"))
    world.service.verifier.heed(await world.service.revocations())
    answer = await world.http.get("/v1/subscriptions", headers=ours)
    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")


async def test_revocations_are_told_until_all_tokens_from_before_have_expired(world: World, clock: FrozenClock) -> None:
    revoked_at = clock()
    await world.http.post(REVOKE.format("hospital"), headers=await world.bearer("ops"))
    async with world.service.database.transaction() as conn:
        await conn.execute(text(DISMISS), {"at": revoked_at, "department": "medical-insurance"})
    clock.advance(seconds=(REVOCATIONS_TOLD_FOR - timedelta(seconds=1)).total_seconds())
    headers = await world.bearer("licensing", audience="identity")
    told = (await world.http.get("/internal/revocations", headers=headers)).json()
    at = revoked_at.isoformat().replace("+00:00", "Z")
    assert told == {"clients": {"hospital": at}, "officers": {str(OFFICERS["medical-insurance"]): at}}
    clock.advance(seconds=2)
    headers = await world.bearer("licensing", audience="identity")
    told = (await world.http.get("/internal/revocations", headers=headers)).json()
    assert told == {"clients": {}, "officers": {}}
    assert ACCESS_TOKEN_LIFE + timedelta(seconds=2 * LEEWAY_SECONDS) < REVOCATIONS_TOLD_FOR

"""Revoking a client: it gets no token any more, for good."""

from identity.bootstrap import load
from tests.identity.world import World, document, oauth_error
from tests.support.clock import FrozenClock

REVOKE = "/v1/clients/{}/revocation"


async def test_a_revoked_client_is_nobody_at_the_token_endpoint(world: World) -> None:
    answer = await world.http.post(REVOKE.format("app"), headers=await world.bearer("ops"))
    assert (answer.status_code, set(answer.json())) == (200, {"client_id", "revoked_at"})
    assert oauth_error(await world.ask_token("app")) == (401, "invalid_client")
    assert (await world.ask_token("other-app")).status_code == 200
    assert await world.rows("SELECT client_id, revoked_by FROM clients WHERE revoked_at IS NOT NULL") == [
        ("app", "ops:ops")
    ]


async def test_revoking_again_changes_nothing(world: World, clock: FrozenClock) -> None:
    first = await world.http.post(REVOKE.format("app"), headers=await world.bearer("ops"))
    clock.advance(seconds=60)
    again = await world.http.post(REVOKE.format("app"), headers=await world.bearer("ops"))
    assert again.json() == first.json()


async def test_loading_the_document_again_brings_no_client_back(world: World) -> None:
    await world.http.post(REVOKE.format("app"), headers=await world.bearer("ops"))
    wanted = document()
    wanted["people"], wanted["relations"] = [], []
    async with world.service.database.transaction() as conn:
        await load(wanted, conn, world.service.vault, world.service.clock())
    assert oauth_error(await world.ask_token("app")) == (401, "invalid_client")


async def test_who_is_not_there_cannot_be_revoked(world: World) -> None:
    headers = await world.bearer("ops")
    missing = await world.http.post(REVOKE.format("nobody"), headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "client-not-found")
    assert (await world.http.post(REVOKE.format("No_Code"), headers=headers)).status_code == 422


async def test_only_who_operates_the_platform_revokes(world: World) -> None:
    for client in ("auditor", "app", "hospital"):
        answer = await world.http.post(REVOKE.format("app"), headers=await world.bearer(client))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")

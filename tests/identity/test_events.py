"""Who may follow the parties of which region, and that registrations reach the feed and the bus."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest

from identity.service import IdentityService
from identity.settings import IdentitySettings
from identity.worker import door, messaging, parts, subscriptions, timers
from tests.identity.world import World

TOPIC = "evt.party.registered.person.33.07.82"


@pytest.fixture
async def relaying(world: World, settings: IdentitySettings, nats_server: str) -> AsyncGenerator[World]:
    """The world, with a worker beside it."""
    worker = settings.model_copy(update={"nats_url": nats_server, "run": frozenset({"worker"})})
    service = IdentityService("identity", worker, clock=world.service.clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(service.close)
        await stack.enter_async_context(messaging(service))
        yield world


async def test_a_registration_reaches_the_feed(relaying: World) -> None:
    child = (await relaying.register(relaying.people["mother"])).json()["id"]
    headers, cursor, found = await relaying.bearer("hospital"), "", list[str]()
    while child not in found:
        after = f"&after={cursor}" if cursor else ""
        answer = await relaying.http.get(f"/v1/events?topic={TOPIC}&wait=10{after}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"], "nothing came within ten seconds"
        found += [event["subject"] for event in answer.json()["items"]]
        cursor = answer.json()["next"]


async def test_another_regions_parties_are_refused(world: World) -> None:
    answer = await world.http.get(
        "/v1/events?topic=evt.party.registered.person.33.01.02", headers=await world.bearer("hospital")
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "topic-not-allowed")
    assert answer.json()["allowed"][0] == "evt.party.*.*.33.07.82"


async def test_before_the_sharing_rules_are_known_the_feed_is_closed_and_tokens_are_not(unloaded: World) -> None:
    answer = await unloaded.http.get(f"/v1/events?topic={TOPIC}", headers=await unloaded.bearer("hospital"))
    assert (answer.status_code, answer.json()["code"]) == (503, "sharing-rules-not-loaded")
    assert answer.headers["retry-after"] == "1"
    assert (await unloaded.http.get("/readyz")).status_code == 200


def test_a_process_does_what_it_is_told_to(settings: IdentitySettings) -> None:
    both = settings.model_copy(update={"run": frozenset({"api", "worker"})})
    assert set(parts(both)) - set(parts(settings)) == {timers, subscriptions, door}

"""Who may follow the parties of which region, and that registrations reach the feed and the bus."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest

from identity.parties.permissions import may_read_events
from identity.service import IdentityService
from identity.settings import IdentitySettings
from identity.worker import messaging, parts
from shared.auth import Caller, CallerKind
from tests.identity.world import World

TOPIC = "evt.party.registered.person.33.07.82"


def caller(kind: CallerKind = "department", *, region: str | None = "330782") -> Caller:
    return Caller(sub="x", kind=kind, client_id="x", token="x", region=region)


@pytest.mark.parametrize(
    ("region", "topic", "allowed"),
    [
        ("330782", TOPIC, True),
        ("330782", "evt.party.*.*.33.07.82", True),
        ("330700", "evt.party.registered.*.33.07.>", True),
        ("330000", "evt.party.registered.*.33.>", True),
        ("330782", "evt.party.registered.person.33.07.>", False),
        ("330782", "evt.party.registered.person.33.07.81", False),
        ("330782", "evt.party.registered.person.*.07.82", False),
        ("330782", "evt.party.>", False),
        ("330782", "evt.>", False),
        ("330782", "evt.*.registered.person.33.07.82", False),
        ("330782", "int.data.accessed.identity.33.07.82", False),
        (None, TOPIC, False),
        ("330782", "to.tax.>", True),  # nothing here, and so no reason to refuse what others tell the department
    ],
)
def test_a_department_follows_its_own_region(region: str | None, topic: str, *, allowed: bool) -> None:
    assert may_read_events(caller(region=region), topic) is allowed


@pytest.mark.parametrize(("kind", "allowed"), [("service", True), ("person", False), ("app", False), ("ops", False)])
def test_nobody_else_does_but_our_own_services(kind: CallerKind, *, allowed: bool) -> None:
    assert may_read_events(caller(kind), TOPIC) is allowed


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


def test_a_process_does_what_it_is_told_to(settings: IdentitySettings) -> None:
    both = settings.model_copy(update={"run": frozenset({"api", "worker"})})
    assert len(parts(both)) == len(parts(settings)) + 1

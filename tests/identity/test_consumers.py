"""The consumers of subscriptions on a real bus: they are there, stay there, and are nowhere else."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import nats
import pytest
from nats.js.api import ConsumerConfig

from deploy.embedded.nats import Nats
from identity.app import compose
from identity.bootstrap import load
from identity.service import IdentityService
from identity.settings import IdentitySettings
from identity.subscriptions.consumers import WAITING
from identity.subscriptions.queries import add_subscription
from shared.contracts.asyncapi import CONSUMER
from shared.contracts.events import CertificateIssued
from shared.ids import new_id
from shared.messaging.consumers import Consumers
from shared.messaging.jetstream import BUS_ERRORS
from tests.identity.test_subscriptions import BIRTHS, PAGES, PATH, subscribe
from tests.identity.world import HOUSEHOLD_PAGE, Inbox, World, document
from tests.support.clock import START, FrozenClock
from tests.support.neighbours import Neighbours, publish
from tests.support.services import client_of

SECONDS = 20.0
# Subscriptions of one department, and looks at all of them at once.
MANY = 30


@dataclass
class Bus:
    """The running service, the server, and what the server says."""

    world: World
    server: Nats
    neighbours: Neighbours

    async def consumers(self) -> dict[str, tuple[str, ...]]:
        """The consumers of departments that there are, and what they deliver."""
        found = await Consumers(self.world.service.messaging.bus).all()
        return {name: standing.topics for name, standing in found.items()}

    async def shown(self, name: str = "pages") -> dict[str, Any]:
        headers = await self.world.bearer("medical-insurance")
        answer = await self.world.http.get(f"{PATH}/{name}", headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def publish(self, count: int) -> None:
        """So many certificates are issued that the subscription `pages` hears of."""
        for number in range(1, count + 1):
            holder = UUID(int=number)
            event = CertificateIssued(
                certificate=holder,
                kind=HOUSEHOLD_PAGE,
                party=holder,
                issuer="public-security",
                state="valid",
                issued_on=START.date(),
            )
            await publish(self.world.service.messaging.bus, event, subject=holder, kind=HOUSEHOLD_PAGE)


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    """Asked again and again: what is waited for happens in the server and in tasks of the service."""
    for _ in range(int(SECONDS / 0.05)):
        with suppress(*BUS_ERRORS):
            if await found():
                return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")


@pytest.fixture
async def bus(
    settings: IdentitySettings, clock: FrozenClock, neighbours: Neighbours, nats_private: Nats
) -> AsyncGenerator[Bus]:
    """Identity as one process, with its API and its worker, on a bus that the test may ruin."""
    told = {"nats_url": nats_private.url, "run": frozenset({"api", "worker"})}
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    service = IdentityService("identity", settings.model_copy(update=told), clock=clock, sender=Inbox(), http=http)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(client_of(compose(service), "identity"))
        async with service.database.transaction() as conn:
            people = await load(document(), conn, service.vault, clock())
        await service.sharing.refresh()
        await service.messaging.bus.connected()
        yield Bus(World(service, client, people, Inbox()), nats_private, neighbours)


async def test_a_subscription_has_its_consumer_at_once(bus: Bus) -> None:
    answer = await subscribe(bus.world, "pages", PAGES, BIRTHS)
    assert (answer.status_code, answer.json()["ready"], answer.json()["reason"]) == (201, True, None)
    assert await bus.consumers() == {"medical-insurance_pages": (BIRTHS, PAGES)}
    config = (await bus.world.service.messaging.bus.manager().consumer_info("EVT", "medical-insurance_pages")).config
    assert (config.durable_name, config.deliver_subject, config.max_deliver) == ("medical-insurance_pages", None, -1)
    assert (str(config.ack_policy), config.ack_wait, str(config.deliver_policy)) == ("explicit", 30, "all")
    assert (await subscribe(bus.world, "pages", PAGES, BIRTHS)).status_code == 200
    assert await bus.consumers() == {"medical-insurance_pages": (BIRTHS, PAGES)}


async def test_a_process_without_the_worker_makes_it_too(
    settings: IdentitySettings, clock: FrozenClock, neighbours: Neighbours, nats_private: Nats
) -> None:
    """Also before anybody has made the stream."""
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    api = settings.model_copy(update={"nats_url": nats_private.url})
    service = IdentityService("identity", api, clock=clock, sender=Inbox(), http=http)
    async with client_of(compose(service), "identity") as client:
        async with service.database.transaction() as conn:
            people = await load(document(), conn, service.vault, clock())
        await service.sharing.refresh()
        await service.messaging.bus.connected()
        answer = await subscribe(World(service, client, people, Inbox()))
    assert (answer.status_code, answer.json()["ready"], answer.json()["head"]) == (201, True, "0")


async def test_it_delivers_from_the_first_event_on_and_says_how_far_it_has_come(bus: Bus) -> None:
    await bus.publish(5)
    await subscribe(bus.world)
    shown = await bus.shown()
    assert (shown["delivered"], shown["acknowledged"], shown["lag"]) == ("0", "0", 5)

    client = await nats.connect(bus.server.url)
    pull = await client.jetstream().pull_subscribe_bind("medical-insurance_pages", "EVT")
    messages = await pull.fetch(3, timeout=5)
    places = [message.metadata.sequence.stream for message in messages]
    await messages[0].ack_sync()
    shown = await bus.shown()
    assert (shown["delivered"], shown["acknowledged"], shown["lag"]) == (str(places[2]), str(places[0]), 4)
    for message in (*messages[1:], *await pull.fetch(2, timeout=5)):
        await message.ack_sync()
    shown = await bus.shown()
    assert (shown["delivered"], shown["lag"]) == (shown["acknowledged"], 0)
    assert int(shown["acknowledged"]) <= int(shown["head"])
    await client.close()


async def test_how_far_a_department_is_behind_is_a_metric(bus: Bus) -> None:
    await bus.publish(5)
    await subscribe(bus.world)
    await bus.world.service.subscriptions.keep_all()
    assert WAITING.labels("medical-insurance_pages")._value.get() == 5
    await bus.world.http.delete(f"{PATH}/pages", headers=await bus.world.bearer("medical-insurance"))
    await bus.world.service.subscriptions.keep_all()
    assert [sample for metric in WAITING.collect() for sample in metric.samples] == []


async def test_it_is_as_the_published_document_says(bus: Bus) -> None:
    await subscribe(bus.world)
    client = await nats.connect(bus.server.url)
    made = (await client.jetstream().consumer_info("EVT", "medical-insurance_pages")).config
    await client.close()
    found = {
        "name": "<department>_<subscription>",
        "durable": made.durable_name == "medical-insurance_pages",
        "pull": made.deliver_subject is None,
        "ackPolicy": made.ack_policy,
        "ackWaitSeconds": made.ack_wait,
        "maxDeliver": made.max_deliver,
        "deliverPolicy": made.deliver_policy,
    }
    assert found == CONSUMER


async def test_a_deleted_subscription_has_none(bus: Bus) -> None:
    await subscribe(bus.world)
    await bus.world.http.delete(f"{PATH}/pages", headers=await bus.world.bearer("medical-insurance"))
    assert await bus.consumers() == {}


async def test_what_the_table_does_not_know_goes_and_services_stay(bus: Bus) -> None:
    await subscribe(bus.world)
    manager = bus.world.service.messaging.bus.manager()
    for name in ("tax_forged", "records-cases"):
        await manager.add_consumer("EVT", ConsumerConfig(name=name, durable_name=name, filter_subjects=["evt.>"]))
    await bus.world.service.subscriptions.keep_all()
    assert set(await bus.consumers()) == {"medical-insurance_pages"}
    assert (await manager.consumer_info("EVT", "records-cases")).name == "records-cases"


async def test_a_lost_store_has_all_its_consumers_again(bus: Bus) -> None:
    await subscribe(bus.world, "pages", PAGES)
    await subscribe(bus.world, "births", BIRTHS)
    bus.server.stop()
    bus.server.wipe()
    bus.server.start()

    async def are_back() -> bool:
        return bus.world.service.messaging.bus.is_connected and set(await bus.consumers()) == {
            "medical-insurance_pages",
            "medical-insurance_births",
        }

    await until(are_back)
    assert (await bus.shown())["ready"]


async def test_while_the_bus_is_away_a_subscription_is_made_and_its_consumer_follows(bus: Bus) -> None:
    await subscribe(bus.world, "births", BIRTHS)
    bus.server.stop()
    await until(lambda: _resolved(not bus.world.service.messaging.bus.is_connected))
    answer = await subscribe(bus.world)
    assert (answer.status_code, answer.json()["ready"], answer.json()["reason"]) == (201, False, "bus-away")
    gone = await bus.world.http.delete(f"{PATH}/births", headers=await bus.world.bearer("medical-insurance"))
    assert gone.status_code == 204
    bus.server.start()

    async def follows() -> bool:
        return (await bus.shown())["ready"] and set(await bus.consumers()) == {"medical-insurance_pages"}

    await until(follows)


async def test_a_bus_that_says_nothing_is_not_waited_for(bus: Bus) -> None:
    server = bus.server.server
    assert server is not None
    server.send_signal(signal.SIGSTOP)
    try:
        answer = await subscribe(bus.world)
    finally:
        server.send_signal(signal.SIGCONT)
    assert (answer.status_code, answer.json()["ready"], answer.json()["reason"]) == (201, False, "bus-away")
    await until(lambda: _are(bus, {"medical-insurance_pages": (PAGES,)}))


async def test_a_withdrawn_rule_suspends_and_a_new_one_restores(bus: Bus) -> None:
    await bus.publish(3)
    await subscribe(bus.world, "pages", PAGES)
    await subscribe(bus.world, "both", PAGES, BIRTHS)
    rules = bus.neighbours.rules

    await publish_rules(bus, release=2, rules=rules.rules[1:])
    await until(lambda: _are(bus, {"medical-insurance_both": (BIRTHS,)}))
    shown = await bus.shown("pages")
    assert (shown["ready"], shown["reason"]) == (False, "suspended")
    assert shown["suspended"] == [{"topic": PAGES, "reason": "not-entitled"}]
    assert shown["lag"] is None
    shown = await bus.shown("both")
    assert (shown["ready"], shown["reason"], shown["lag"]) == (True, None, 0)
    assert shown["suspended"] == [{"topic": PAGES, "reason": "not-entitled"}]

    await publish_rules(bus, release=3, rules=rules.rules)
    wanted = {"medical-insurance_both": (BIRTHS, PAGES), "medical-insurance_pages": (PAGES,)}
    await until(lambda: _are(bus, wanted))
    for name in ("pages", "both"):
        shown = await bus.shown(name)
        assert (shown["ready"], shown["suspended"], shown["lag"]) == (True, [], 3)


async def test_while_licensing_is_away_what_was_judged_last_holds(bus: Bus) -> None:
    await subscribe(bus.world)
    settings, clock = bus.world.service.settings, bus.world.service.clock
    bus.neighbours.silent.add("licensing")
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(bus.neighbours))
    another = IdentityService("identity", settings, clock=clock, http=http)
    async with client_of(compose(another), "identity"):
        await another.messaging.bus.connected()
        await another.subscriptions.keep_all()
        assert set(await bus.consumers()) == {"medical-insurance_pages"}


async def test_two_hundred_are_kept_by_one_question_and_an_event_is_one_row_for_all_of_them(bus: Bus) -> None:
    service = bus.world.service
    async with service.database.transaction() as conn:
        for number in range(200):
            await add_subscription(
                conn,
                subscription=new_id(),
                name=f"number-{number}",
                department="medical-insurance",
                topics=["evt.party.registered.person.33.07.82"],
                by="test",
                at=START,
            )
    assert await service.subscriptions.keep_all()
    consumers = Consumers(service.messaging.bus)
    assert len(await consumers.all()) == 200
    await until(lambda: _logged(bus, 2))

    await bus.world.child_of_mother()

    async def have_it() -> bool:
        return [standing.waiting for standing in (await consumers.all()).values()] == [2] * 200

    await until(have_it)
    assert await _logged(bus, 3)


async def test_who_asks_in_haste_how_far_it_has_come_waits_for_itself_alone(bus: Bus) -> None:
    """Each look at many subscriptions is as many questions to the bus; a department's go one look after the other."""
    await subscribe(bus.world, "pages", PAGES)
    hospital, insurance = await bus.world.bearer("hospital"), await bus.world.bearer("medical-insurance")
    for number in range(MANY):
        body = {"name": f"births-{number}", "topics": [BIRTHS]}
        assert (await bus.world.http.post(PATH, json=body, headers=hospital)).status_code == 201
    haste = [asyncio.create_task(bus.world.http.get(PATH, headers=hospital)) for _ in range(MANY)]
    await asyncio.wait(haste, return_when=asyncio.FIRST_COMPLETED)
    answer = await bus.world.http.get(PATH, headers=insurance)
    assert sum(task.done() for task in haste) < MANY / 2
    assert [each["ready"] for each in answer.json()["items"]] == [True]
    assert {len((await task).json()["items"]) for task in haste} == {MANY}


async def publish_rules(bus: Bus, *, release: int, rules: Any) -> None:
    """Licensing has a new release; identity hears of it within a minute, or is told."""
    bus.neighbours.rules = bus.neighbours.rules.model_copy(update={"release": release, "rules": rules})
    await bus.world.service.sharing.refresh()


async def _are(bus: Bus, wanted: dict[str, tuple[str, ...]]) -> bool:
    return await bus.consumers() == wanted


async def _logged(bus: Bus, events: int) -> bool:
    return await bus.world.count("event_log") == events


async def _resolved(value: bool) -> bool:
    return value

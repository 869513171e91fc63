"""The whole way over a real bus: a case is decided, its record is filed, a reader reads it, the party sees that."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import pytest

from records.app import compose
from records.service import RecordsService
from records.uses.commands import AT_ONCE
from shared.contracts.events import CaseConcluded, ThingPublished
from tests.records.evidence.test_search import a_grant, search
from tests.records.filing.test_subscribers import decided, known
from tests.records.uses import events as uses
from tests.records.uses.hearing import hear_of_many
from tests.records.world import BIRTH, CHILD, COMMISSION, HOUSEHOLD, PAGE, RULES, World, a_decided_case
from tests.support.clock import FrozenClock
from tests.support.neighbours import Neighbours, publish
from tests.support.services import client_of
from tests.support.tokens import Issuer

T = TypeVar("T")


@pytest.fixture
async def running(
    service: RecordsService, nats_server: str, neighbours: Neighbours, issuer: Issuer
) -> AsyncGenerator[World]:
    """The service with its worker, on a real bus."""
    await service.close()
    settings = service.settings.model_copy(update={"nats_url": nats_server, "run": frozenset({"api", "worker"})})
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
    worker = RecordsService("records", settings, http=http, clock=service.clock, keys=issuer.keys())
    async with client_of(compose(worker), "records") as client:
        await worker.evidence.policy.refresh()
        yield World(worker, client, neighbours, issuer)


async def until(question: Callable[[], Awaitable[T]]) -> T:
    """The first answer that is not empty."""
    async with asyncio.timeout(30):
        while not (answer := await question()):  # noqa: ASYNC110 - the answer is made elsewhere
            await asyncio.sleep(0.05)
    return answer


async def test_what_a_case_yields_is_filed_read_and_seen(running: World) -> None:
    case = known(running, a_decided_case())
    await publish(running.service.messaging.bus, decided(case).data, subject=case.case, kind=case.item)
    await until(lambda: running.rows("SELECT id FROM records"))
    feed = {"topic": f"evt.record.filed.{HOUSEHOLD}.33.07.>"}
    headers = running.issuer.department("public-security")

    async def filed() -> list[dict[str, str]]:
        answer = await running.http.get("/v1/events", params=feed, headers=headers)
        return list(answer.json()["items"])

    (event,) = await until(filed)
    assert event["topic"] == f"evt.record.filed.{HOUSEHOLD}.33.07.82"

    await running.filed()
    assert (await search(running)).status_code == 200

    async def seen() -> list[dict[str, str]]:
        answer = await running.http.get("/v1/accesses", headers=running.issuer.person(CHILD))
        return list(answer.json()["items"])

    (access,) = await until(seen)
    assert (access["reader"], access["source"], access["purpose"]) == (COMMISSION, "records", "case")


async def test_a_grant_ends_with_its_case(running: World) -> None:
    await running.filed()
    grant = a_grant(running)
    assert (await search(running, grant=grant)).status_code == 200
    ended = CaseConcluded(
        case=grant.ref,
        application=UUID(int=31),
        item="birth-medical-certificate",
        department=COMMISSION,
        state="concluded",
        outcome="granted",
    )
    await publish(running.service.messaging.bus, ended, subject=grant.ref, kind="birth-medical-certificate")
    await until(lambda: running.rows("SELECT 1 FROM closed_cases"))
    assert (await search(running, grant=grant)).json()["reason"] == "case-closed"


@pytest.mark.parametrize("late", [False, True])
async def test_who_used_what_no_longer_holds_is_told_on_a_feed_of_its_own(running: World, late: bool) -> None:
    bus, kind = running.service.messaging.bus, PAGE
    use, change = uses.used(uses.CERTIFICATE).data, uses.revoked().data
    # Each twice, as the bus delivers where it acknowledged too late.
    for event in (change, use) if late else (use, change):
        await publish(bus, event, event, subject=uses.CERTIFICATE, kind=kind)
        await until(lambda: running.rows("SELECT 1 FROM inbox WHERE consumer = 'records-uses'"))
    topic = f"to.{uses.INSURANCE}.evidence.used-revoked"

    async def told() -> list[dict[str, Any]]:
        headers = running.issuer.department(uses.INSURANCE)
        answer = await running.http.get("/v1/events", params={"topic": topic}, headers=headers)
        return list(answer.json()["items"])

    (notice,) = await until(told)
    assert (notice["topic"], notice["data"]["case"]) == (topic, str(uses.CASE))
    await asyncio.sleep(0.5)
    assert len(await told()) == 1
    other = await running.http.get("/v1/events", params={"topic": topic}, headers=running.issuer.department("tax"))
    assert other.status_code == 403


async def test_however_many_used_it_all_are_told_while_the_service_runs(running: World, clock: FrozenClock) -> None:
    refs = [UUID(int=1000 + number) for number in range(AT_ONCE + 1)]
    await hear_of_many(running, [uses.read(uses.CERTIFICATE, ref=ref) for ref in refs])
    await publish(running.service.messaging.bus, uses.revoked().data, subject=uses.CERTIFICATE, kind=PAGE)

    async def all_told() -> bool:
        clock.advance(seconds=1)
        (head,) = await running.rows("SELECT count(*) AS told FROM event_log WHERE topic LIKE 'to.%'")
        return bool(head["told"] == len(refs))

    await until(all_told)


async def test_a_publication_of_the_catalogue_takes_effect(running: World) -> None:
    card = RULES.kinds[0].model_copy(update={"code": "birth-card"})
    running.neighbours.rules = RULES.model_copy(update={"release": 2, "kinds": (*RULES.kinds, card)})
    assert (await running.file(kind="birth-card")).json()["code"] == "kind-not-known"
    published = ThingPublished(thing="newborn", release=2)
    await publish(running.service.messaging.bus, published, subject=UUID(int=1), kind="newborn")

    async def filed() -> bool:
        return (await running.file(kind="birth-card")).status_code == 201

    await until(filed)


class TestFollowing:
    """Which topics a department may read: by the published rules, nothing else."""

    @pytest.mark.parametrize(
        ("department", "topic", "status"),
        [
            (COMMISSION, f"evt.record.filed.{BIRTH}.33.07.>", 200),
            (COMMISSION, f"evt.record.*.{BIRTH}.33.07.82", 200),
            (COMMISSION, f"evt.record.filed.{BIRTH}.32.>", 403),
            (COMMISSION, f"evt.record.filed.{BIRTH}.>", 403),
            (COMMISSION, "evt.record.filed.*.33.07.>", 403),
            (COMMISSION, "evt.record.>", 403),
            (COMMISSION, "evt.>", 403),
            (COMMISSION, f"evt.record.filed.{HOUSEHOLD}.33.07.82", 403),
            (COMMISSION, "int.data.accessed.>", 403),
            (COMMISSION, "to.tax.>", 403),
            (COMMISSION, f"to.{COMMISSION}.>", 200),
            (COMMISSION, "$JS.API.>", 422),
            ("hospital", f"evt.record.filed.{BIRTH}.>", 200),
            ("tax", f"evt.record.filed.{BIRTH}.33.07.82", 403),
        ],
    )
    async def test_by_rule_region_and_issuer(self, world: World, department: str, topic: str, status: int) -> None:
        headers = world.issuer.department(department)
        for path in ("/v1/events", "/v1/events/heads"):
            answer = await world.http.get(path, params={"topic": topic}, headers=headers)
            assert answer.status_code == status

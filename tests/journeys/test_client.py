"""A department's own program, on `onevisit-client`: its key, its inbox, and the public address of the platform."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.demo.api import Api
from deploy.demo.background import PEOPLE
from deploy.demo.story import a_recent_day, register_birth
from deploy.embedded import seed
from deploy.world import World
from onevisit_client import ClientCredentials, Event, PlatformRefused, Report, SqliteInbox, Subscriber, reconcile
from onevisit_client import Platform as Client
from tests.journeys.conftest import Platform
from tests.journeys.followers import A_MOTHER

BIRTHS = "evt.record.filed.birth-record.33.>"
IDENTITIES = "evt.record.filed.resident-identity.33.>"
PATIENCE_SECONDS = 30


@asynccontextmanager
async def client_of(world: World, department: str) -> AsyncGenerator[Client]:
    """The platform as this department's system, acting for its officer."""
    key = ClientCredentials(department, world.home.client_key(department), str(seed.officer_id(department)))
    async with Client(world.gateway, key, trust_env=world.is_elsewhere) as client:
        yield client


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("via", ["bus", "feed"])
async def test_a_department_hears_every_birth_and_proves_it(platform: Platform, tmp_path: Path, via: str) -> None:
    heard: list[Event] = []
    reports: list[Report] = []

    async def hear(event: Event) -> None:
        heard.append(event)

    async def note(report: Report) -> None:
        reports.append(report)

    async with (
        World.open(platform.directory) as world,
        client_of(world, "health-commission") as client,
        SqliteInbox(tmp_path / "inbox.sqlite") as inbox,
    ):
        api = Api(world)
        before = await register_birth(api, a_recent_day(), of=A_MOTHER)
        subscriber = Subscriber(
            client,
            f"client-{via}",
            [BIRTHS],
            inbox,
            via=via,  # type: ignore[arg-type]
            reconcile_seconds=1,
            on_reconciled=note,
        )
        running = asyncio.create_task(subscriber.run(hear))
        await until(lambda: before in [event.data["party"] for event in heard])
        assert subscriber.road == via
        after = await register_birth(api, a_recent_day(), of=A_MOTHER)
        await until(lambda: after in [event.data["party"] for event in heard])
        reports.clear()
        await until(lambda: bool(reports))
        await subscriber.stop()
        await running
        report = await reconcile(client, [BIRTHS], inbox, hear)
    assert all(each.complete for each in reports)
    assert (report.complete, report.gaps, report.events) == (True, [], len(heard))
    assert len({event.id for event in heard}) == len(heard)


async def test_both_roads_lead_to_the_same_inbox(platform: Platform, tmp_path: Path) -> None:
    heard: list[str] = []

    async def hear(event: Event) -> None:
        heard.append(event.id)

    async with (
        World.open(platform.directory) as world,
        client_of(world, "health-commission") as client,
        SqliteInbox(tmp_path / "inbox.sqlite") as inbox,
    ):
        await register_birth(Api(world), a_recent_day(), of=A_MOTHER)
        expected = 0
        for via in ("feed", "bus"):
            subscriber = Subscriber(client, "client-both", [BIRTHS], inbox, via=via, reconcile_seconds=1)
            running = asyncio.create_task(subscriber.run(hear))
            expected = sum(head.sequence for head in (await client.heads([BIRTHS])).topics)
            await until(lambda: len(heard) >= expected)  # noqa: B023 - awaited within this turn
            await asyncio.sleep(1)
            await subscriber.stop()
            await running
        subscription = await client.subscription("client-both")
    assert len(set(heard)) == len(heard) == expected
    assert subscription.lag == 0


async def test_what_is_filed_is_heard_and_read_on_a_duty(platform: Platform, tmp_path: Path) -> None:
    async with (
        World.open(platform.directory) as world,
        client_of(world, "public-security") as police,
        client_of(world, "medical-insurance") as insurance,
        SqliteInbox(tmp_path / "inbox.sqlite") as inbox,
        Subscriber(insurance, "client-identities", [IDENTITIES], inbox) as subscriber,
    ):
        (mother,) = await police.resolve_parties([world.id_number("mother")], duty="household-administration")
        assert mother is not None
        claims = {
            "name": "林一舟",
            "sex": "female",
            "birth-date": "1888-06-06",
            "ethnicity": "汉族",
            "nationality": "中国",
        }
        filed = await police.file_record("resident-identity", mother, claims, key="client-identity-of-mother")
        assert await police.file_record("resident-identity", mother, claims, key="client-identity-of-mother") == filed
        async for event in subscriber:
            await event.ack()
            if event.data["record"] == filed["id"]:
                break
        duty = next(duty for duty in await insurance.duties() if duty["code"] == "maternity-benefit")
        granted = await insurance.duty_grant(duty["code"], [mother], ["resident-identity"])
        wants = [{"party": mother, "kinds": ["resident-identity"]}]
        found = await insurance.search_evidence(wants, granted["grant"])
        worklist = await insurance.cases(limit=1)
    assert [evidence["claims"] for evidence in found["evidence"]] == [{"name": PEOPLE["mother"]["name"]}]
    assert set(worklist) >= {"items"}


async def test_what_is_refused_names_what_is_allowed(platform: Platform, tmp_path: Path) -> None:
    async with (
        World.open(platform.directory) as world,
        client_of(world, "health-commission") as client,
        client_of(world, "medical-insurance") as other,
        SqliteInbox(tmp_path / "inbox.sqlite") as inbox,
    ):
        await client.subscribe("client-taken", [BIRTHS])
        assert (await client.subscribe("client-taken", [BIRTHS])).name == "client-taken"
        refusals = []
        for caller, name, topics in (
            (client, "client-wide", ["evt.>"]),
            (client, "client-taken", [IDENTITIES]),
            (other, "client-taken", [IDENTITIES]),
        ):
            with pytest.raises(PlatformRefused) as refused:
                await Subscriber(caller, name, topics, inbox).run(_never)
            refusals.append((refused.value.status, refused.value.code))
            if name == "client-wide":
                assert "birth-record" in str(refused.value.body["allowed"])
        await client.unsubscribe("client-taken")
    assert refusals == [
        (403, "topic-not-allowed"),
        (409, "subscription-differs"),
        (409, "subscription-name-taken"),
    ]


async def _never(event: Event) -> None:
    raise AssertionError(f"{event} was handed out on a subscription that was refused")

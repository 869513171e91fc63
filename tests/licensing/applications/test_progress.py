"""Following an application: what happened so far, then what happens; nothing twice, nothing missed."""

import asyncio
from typing import Any
from uuid import UUID

from licensing.service import LicensingService
from tests.licensing.applications.world import World


def told(stream: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry.get("item", "application"), entry["state"]) for entry in stream]


class TestReplay:
    async def test_tells_the_whole_story_in_order(self, world: World) -> None:
        application = await world.apply()
        await world.grant_all(application)
        stream = await world.progress(application)
        assert told(stream)[:5] == [
            ("application", "submitted"),
            ("birth-medical-certificate", "received"),
            ("household-registration", "waiting"),
            ("resident-medical-insurance", "waiting"),
            ("social-security-card", "waiting"),
        ]
        registration = [state for item, state in told(stream) if item == "household-registration"]
        assert registration == ["waiting", "received", "accepted", "decided", "concluded"]
        assert told(stream)[-1] == ("application", "completed")
        assert {entry["application"] for entry in stream} == {application["id"]}

    async def test_names_no_officer_and_no_value(self, world: World) -> None:
        application = await world.apply()
        await world.grant_all(application)
        for entry in await world.progress(application):
            assert entry.keys() <= {
                "id",
                "kind",
                "application",
                "act",
                "state",
                "at",
                "case",
                "item",
                "department",
            }

    async def test_goes_on_after_the_last_event_that_was_seen(self, world: World) -> None:
        application = await world.apply()
        await world.grant_all(application)
        whole = await world.progress(application)
        for number in (0, 4, 9, len(whole) - 1):
            assert await world.progress(application, last=whole[number]["id"]) == whole[number + 1 :]

    async def test_starts_again_for_an_id_that_is_not_ours(self, world: World) -> None:
        application = await world.apply()
        await world.withdraw(application)
        whole = await world.progress(application)
        for strange in ("x", "-1", "1.2", "9" * 500, "1..1.1.1"):
            assert await world.progress(application, last=strange) == whole


class TestLive:
    async def test_wakes_for_each_news_and_ends_with_the_application(
        self, world: World, licensing: LicensingService
    ) -> None:
        application = await world.apply()
        async with licensing.news.listening():
            await licensing.news.ready()
            following = asyncio.create_task(world.progress(application))
            await world.grant_all(application)
            async with asyncio.timeout(10):
                stream = await following
        assert told(stream)[-1] == ("application", "completed")
        assert len({entry["id"] for entry in stream}) == len(stream)

    async def test_hears_only_of_its_own_application(self, world: World, licensing: LicensingService) -> None:
        mine, other = await world.apply(), await world.apply()
        async with licensing.news.listening():
            await licensing.news.ready()
            with licensing.news.of(_id(mine)) as woken, licensing.news.of(_id(other)) as woken_too:
                await world.withdraw(other)
                async with asyncio.timeout(10):
                    await woken_too.wait()
                assert not woken.is_set()

    async def test_listens_again_when_its_connection_is_lost(self, world: World, licensing: LicensingService) -> None:
        application = await world.apply()
        async with licensing.news.listening():
            await licensing.news.ready()
            with licensing.news.of(_id(application)) as woken:
                await world.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
                )
                async with asyncio.timeout(10):
                    await woken.wait()  # it looks at once after it was deaf
                woken.clear()
                await world.withdraw(application)
                async with asyncio.timeout(10):
                    await woken.wait()


def _id(application: dict[str, Any]) -> UUID:
    return UUID(application["id"])

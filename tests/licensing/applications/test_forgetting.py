"""Drafts that were left alone are deleted, by a timer that sets itself again."""

from datetime import timedelta

from licensing.applications.commands import TIMERS, start_forgetting
from licensing.applications.commands.forgetting import EVERY
from shared.timers import fire_due
from tests.licensing.applications.world import World


async def fire(world: World) -> None:
    async with world.database.transaction() as conn:
        assert await fire_due(conn, TIMERS, at=world.clock()) == 1


class TestForgetting:
    async def test_deletes_drafts_an_hour_after_they_expired(self, world: World) -> None:
        async with world.database.transaction() as conn:
            await start_forgetting(conn, at=world.clock())
        await world.draft()
        world.later(minutes=60)
        kept = await world.draft()
        await fire(world)
        assert await world.count("drafts") == 2
        world.later(minutes=31)
        await fire(world)
        (left,) = await world.rows("SELECT id::text AS id FROM drafts")
        assert left["id"] == kept["draft"]

    async def test_sets_itself_again(self, world: World) -> None:
        async with world.database.transaction() as conn:
            await start_forgetting(conn, at=world.clock())
        await fire(world)
        (timer,) = await world.rows("SELECT due_at FROM timers WHERE kind = 'applications.forget-drafts'")
        assert timer["due_at"] == world.clock() + EVERY
        assert timedelta(minutes=5) == EVERY

    async def test_a_forgotten_draft_is_as_if_it_never_was(self, world: World) -> None:
        async with world.database.transaction() as conn:
            await start_forgetting(conn, at=world.clock())
        draft = await world.draft()
        world.later(hours=2)
        await fire(world)
        answer = await world.get(f"/v1/drafts/{draft['draft']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "draft-not-found")

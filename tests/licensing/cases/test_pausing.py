"""Suspension, extension, falling overdue, and deadlines that become final when a year is published."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from licensing.calendar import commands as calendar
from licensing.cases import commands
from licensing.cases.errors import ActNotPossible, ExtensionNotPossible
from licensing.cases.model import Case, State
from shared.ids import new_id
from tests.licensing.calendar.notices import HOLIDAYS, MAKEUP_WORKDAYS, SOURCE
from tests.licensing.cases.factories import ZONE
from tests.licensing.cases.world import HEALTH, OFFICER, World


async def extend(world: World, case: UUID, *, days: int = 10) -> Case:
    return await world.do(
        commands.extend,
        case,
        by=HEALTH,
        days=days,
        reason="须核查跨省信息",
        approved_by=new_id(),
        at=world.clock(),
        zone=ZONE,
    )


async def accepted(world: World) -> UUID:
    birth, *_ = await world.open()
    await world.accept(birth.id)
    return birth.id


class TestSuspend:
    async def test_both_clocks_move_by_the_working_days_they_stood_still(self, world: World) -> None:
        case = await accepted(world)
        world.clock.set(datetime(2026, 3, 3, 2, tzinfo=UTC))
        suspended = await world.suspend(case)
        assert suspended.state is State.SUSPENDED
        world.clock.set(datetime(2026, 3, 11, 2, tzinfo=UTC))
        resumed = await world.resume(case)
        assert (resumed.promised_on, resumed.legal_on) == (date(2026, 3, 13), date(2026, 4, 8))
        assert (await world.events(case))[-2:] == ["case.suspended", "case.resumed"]

    async def test_a_suspended_case_does_not_fall_overdue(self, world: World) -> None:
        case = await accepted(world)
        await world.suspend(case)
        assert await world.timers(case) == {}
        await world.do(commands.fall_overdue, case, at=world.clock())
        assert (await world.case(case)).overdue_at is None

    async def test_the_new_promised_day_is_watched(self, world: World) -> None:
        case = await accepted(world)
        await world.suspend(case)
        world.later(days=1)
        await world.resume(case)
        assert await world.timers(case) == {"case.decision-due": datetime(2026, 3, 6, 16, tzinfo=UTC)}

    async def test_a_second_suspension_adds_to_the_first(self, world: World) -> None:
        case = await accepted(world)
        for _ in range(2):
            await world.suspend(case)
            world.later(days=1)
            await world.resume(case)
        assert (await world.case(case)).promised_on == date(2026, 3, 9)

    async def test_the_legal_basis_is_kept_with_the_officer(self, world: World) -> None:
        case = await accepted(world)
        await world.suspend(case)
        last = (await world.acts(case))[-1]
        assert (last.act, last.by) == ("suspend", str(OFFICER))
        assert last.details["legal_basis"] == "行政许可法第四十五条"

    async def test_a_suspended_case_is_not_decided(self, world: World) -> None:
        case = await accepted(world)
        await world.suspend(case)
        with pytest.raises(ActNotPossible):
            await world.grant(case)

    async def test_a_case_that_is_not_suspended_is_not_resumed(self, world: World) -> None:
        case = await accepted(world)
        with pytest.raises(ActNotPossible):
            await world.resume(case)


class TestExtend:
    async def test_the_legal_limit_moves_and_the_promise_stays(self, world: World) -> None:
        case = await accepted(world)
        extended = await extend(world, case, days=6)
        assert (extended.promised_on, extended.legal_on) == (date(2026, 3, 5), date(2026, 4, 8))
        assert (await world.recorded(case))[-1]["data"]["legal_on"] == "2026-04-08"

    async def test_it_happens_once(self, world: World) -> None:
        case = await accepted(world)
        await extend(world, case)
        with pytest.raises(ExtensionNotPossible):
            await extend(world, case)

    async def test_it_happens_on_the_last_legal_day_and_not_after_it(self, world: World) -> None:
        case = await accepted(world)
        world.clock.set(datetime(2026, 3, 30, 15, 59, tzinfo=UTC))
        last_minute = world.clock()
        world.later(minutes=1)
        with pytest.raises(ExtensionNotPossible):
            await extend(world, case)
        world.clock.set(last_minute)
        assert (await extend(world, case)).extended_days == 10

    async def test_an_extension_outlives_a_suspension(self, world: World) -> None:
        case = await accepted(world)
        await extend(world, case, days=6)
        await world.suspend(case)
        world.later(days=1)
        resumed = await world.resume(case)
        assert resumed.legal_on == date(2026, 4, 9)

    async def test_who_approved_it_is_kept(self, world: World) -> None:
        case = await accepted(world)
        await extend(world, case)
        assert set((await world.acts(case))[-1].details) == {"days", "reason", "approved_by"}


class TestOverdue:
    async def test_a_case_falls_overdue_once(self, world: World) -> None:
        case = await accepted(world)
        world.later(days=4)
        for _ in range(2):
            await world.do(commands.fall_overdue, case, at=world.clock())
        assert (await world.events(case)).count("case.overdue") == 1
        assert (await world.case(case)).overdue_at == world.clock()

    async def test_an_overdue_case_can_still_be_decided(self, world: World) -> None:
        case = await accepted(world)
        await world.do(commands.fall_overdue, case, at=world.clock())
        assert (await world.grant(case)).state is State.DECIDED

    async def test_a_decided_case_does_not_fall_overdue(self, world: World) -> None:
        case = await accepted(world)
        await world.grant(case)
        await world.do(commands.fall_overdue, case, at=world.clock())
        assert (await world.events(case))[-1] == "case.decided"


class TestRecount:
    """At the end of December, before the notice for 2027 is loaded."""

    async def publish_2027(self, world: World) -> None:
        async with world.database.transaction() as conn:
            await calendar.load_year(
                conn,
                2027,
                holidays=HOLIDAYS,
                makeup_workdays=MAKEUP_WORKDAYS,
                source_doc=SOURCE,
                by="ops:ops",
                at=world.clock(),
            )
        await world.do(commands.recount, zone=ZONE)

    async def test_a_deadline_beyond_the_loaded_years_is_stored_as_provisional(self, world: World) -> None:
        world.clock.set(datetime(2026, 12, 28, 2, tzinfo=UTC))
        case = await world.case(await accepted(world))
        assert case.provisional
        assert (case.promised_on, case.legal_on) == (date(2026, 12, 31), date(2027, 1, 25))

    async def test_it_becomes_final_when_the_year_is_loaded(self, world: World) -> None:
        world.clock.set(datetime(2026, 12, 30, 2, tzinfo=UTC))
        id_ = await accepted(world)
        assert (await world.case(id_)).promised_on == date(2027, 1, 4)
        assert (await world.case(id_)).provisional
        await self.publish_2027(world)
        case = await world.case(id_)
        assert (case.promised_on, case.provisional) == (date(2027, 1, 5), False)
        assert await world.timers(id_) == {"case.decision-due": datetime(2027, 1, 5, 16, tzinfo=UTC)}

    async def test_the_time_to_accept_is_counted_again_too(self, world: World) -> None:
        world.clock.set(datetime(2026, 12, 30, 2, tzinfo=UTC))
        birth, *_ = await world.open()
        assert (await world.case(birth.id)).acceptance_due_on == date(2027, 1, 6)
        await self.publish_2027(world)
        case = await world.case(birth.id)
        assert (case.acceptance_due_on, case.provisional) == (date(2027, 1, 7), False)

    async def test_what_was_final_stays_as_it_was(self, world: World) -> None:
        id_ = await accepted(world)
        before = await world.case(id_)
        await self.publish_2027(world)
        assert await world.case(id_) == before

    async def test_loading_a_year_asks_for_a_recount(self, world: World) -> None:
        assert set(await world.timers(calendar.RECOUNT_SUBJECT)) == {calendar.RECOUNT}

"""From receipt to acceptance: by act or by silence, the one notice, the refusal. Officers are named in all of it."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from pydantic import JsonValue

from licensing.cases import commands
from licensing.cases.errors import (
    ActNotPossible,
    AnswerNotValid,
    CaseNotFound,
    CorrectionAlreadyRequested,
    CorrectionDateNotAhead,
    CorrectionNotComplete,
    CorrectionTooLate,
    NotInGuide,
)
from licensing.cases.model import Actor, Case, Requirement, State
from shared.ids import new_id
from tests.licensing.cases.factories import MONDAY, ZONE
from tests.licensing.cases.world import HEALTH, MOTHER_HERSELF, OFFICER, POLICE, World

DUE = date(2026, 3, 6)


async def notice(world: World, case: UUID, *elements: str, due_on: date = DUE, by: Actor = HEALTH) -> Case:
    asked = [Requirement(element=element, reason="与证件不一致") for element in elements or ["child.birth-date"]]
    return await world.do(
        commands.request_correction, case, by=by, requirements=asked, due_on=due_on, at=world.clock(), zone=ZONE
    )


async def correct(world: World, case: UUID, answers: dict[str, JsonValue], *, by: Actor = MOTHER_HERSELF) -> Case:
    return await world.do(commands.correct, case, by=by, answers=answers, at=world.clock(), zone=ZONE)


class TestAccept:
    async def test_both_clocks_start(self, world: World) -> None:
        birth, *_ = await world.open()
        accepted = await world.accept(birth.id)
        assert (accepted.state, accepted.accepted_on) == (State.ACCEPTED, date(2026, 3, 2))
        assert (accepted.promised_on, accepted.legal_on) == (date(2026, 3, 5), date(2026, 3, 30))
        assert not accepted.provisional

    async def test_the_event_says_both_dates_and_nothing_of_the_person(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        accepted = (await world.recorded(birth.id))[-1]
        assert accepted["type"] == "case.accepted.v1"
        assert accepted["version"] == 2
        assert accepted["data"]["promised_on"] == "2026-03-05"
        assert accepted["data"]["deemed"] is False

    async def test_the_officer_is_named(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        last = (await world.acts(birth.id))[-1]
        assert (last.act, last.by_kind, last.by) == ("accept", "officer", str(OFFICER))

    async def test_the_promised_day_is_watched_and_the_acceptance_no_longer(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        assert await world.timers(birth.id) == {"case.decision-due": datetime(2026, 3, 5, 16, tzinfo=UTC)}

    @pytest.mark.parametrize(
        "stranger",
        [
            POLICE,
            Actor("officer", OFFICER, "health-commission", "330100"),
            Actor("officer", OFFICER, "health-commission", None),
            Actor("applicant", new_id()),
        ],
    )
    async def test_another_department_region_or_person_finds_no_such_case_and_changes_nothing(
        self, world: World, stranger: Actor
    ) -> None:
        birth, *_ = await world.open()
        with pytest.raises(CaseNotFound):
            await world.accept(birth.id, by=stranger)
        assert (await world.case(birth.id)).version == 1
        assert len(await world.acts(birth.id)) == 1
        assert await world.events(birth.id) == ["case.received"]

    async def test_a_department_of_the_province_acts_in_every_county_of_it(self, world: World) -> None:
        birth, *_ = await world.open()
        assert (await world.accept(birth.id, by=HEALTH)).state is State.ACCEPTED

    async def test_a_case_that_does_not_exist_is_not_found(self, world: World) -> None:
        with pytest.raises(CaseNotFound):
            await world.accept(new_id())

    async def test_a_waiting_case_cannot_be_accepted(self, world: World) -> None:
        _, registration, *_ = await world.open()
        with pytest.raises(ActNotPossible):
            await world.accept(registration.id, by=POLICE)


class TestDeemedAcceptance:
    async def test_five_working_days_of_silence_accept_the_case_as_of_its_receipt(self, world: World) -> None:
        birth, *_ = await world.open()
        world.later(days=8)
        await world.do(commands.deem_accepted, birth.id, at=world.clock(), zone=ZONE)
        case = await world.case(birth.id)
        assert (case.state, case.deemed_accepted) == (State.ACCEPTED, True)
        assert (case.accepted_at, case.promised_on) == (MONDAY, date(2026, 3, 5))
        assert (await world.recorded(birth.id))[-1]["data"]["deemed"] is True

    async def test_the_platform_is_named_as_the_one_who_did_it(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.do(commands.deem_accepted, birth.id, at=world.clock(), zone=ZONE)
        last = (await world.acts(birth.id))[-1]
        assert (last.act, last.by_kind, last.by) == ("deem-accepted", "platform", None)

    async def test_nothing_happens_to_a_case_that_was_accepted_in_time(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.do(commands.deem_accepted, birth.id, at=world.clock(), zone=ZONE)
        assert (await world.case(birth.id)).version == 2


class TestAssign:
    async def test_the_case_has_a_named_officer(self, world: World) -> None:
        birth, *_ = await world.open()
        colleague = new_id()
        case = await world.do(commands.assign, birth.id, by=HEALTH, officer=colleague, at=world.clock())
        assert (case.officer, case.state) == (colleague, State.RECEIVED)
        assert await world.events(birth.id) == ["case.received"]


class TestCorrection:
    async def test_a_notice_stops_the_silence_and_watches_its_own_day(self, world: World) -> None:
        birth, *_ = await world.open()
        noticed = await notice(world, birth.id)
        assert noticed.state is State.CORRECTION_REQUESTED
        assert await world.timers(birth.id) == {"case.correction-due": datetime(2026, 3, 6, 16, tzinfo=UTC)}
        assert (await world.recorded(birth.id))[-1]["data"]["due_on"] == "2026-03-06"

    async def test_the_notice_is_kept_with_the_officer_who_gave_it(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        last = (await world.acts(birth.id))[-1]
        assert last.by == str(OFFICER)
        assert last.details == {
            "requirements": [{"element": "child.birth-date", "reason": "与证件不一致"}],
            "due_on": "2026-03-06",
        }

    async def test_a_second_notice_is_refused(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        await correct(world, birth.id, {"child.birth-date": "2026-02-26"})
        with pytest.raises(CorrectionAlreadyRequested):
            await notice(world, birth.id, "mother.name")

    async def test_what_the_guide_does_not_ask_cannot_be_asked_for(self, world: World) -> None:
        birth, *_ = await world.open()
        with pytest.raises(NotInGuide) as refusal:
            await notice(world, birth.id, "child.birth-date", "mother.income")
        assert refusal.value.members["elements"] == ["mother.income"]

    @pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 3, 1)])
    async def test_its_last_day_lies_ahead(self, world: World, day: date) -> None:
        birth, *_ = await world.open()
        with pytest.raises(CorrectionDateNotAhead):
            await notice(world, birth.id, due_on=day)

    async def test_a_correction_brings_the_case_back_with_a_new_time_to_accept(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        world.later(days=2)
        corrected = await correct(world, birth.id, {"child.birth-date": "2026-02-26"})
        assert (corrected.state, corrected.acceptance_due_on) == (State.RECEIVED, date(2026, 3, 11))
        assert corrected.answers["child.birth-date"] == "2026-02-26"
        assert await world.events(birth.id) == ["case.received", "case.correction-requested", "case.received"]

    async def test_silence_after_a_correction_accepts_as_of_the_correction(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        corrected_at = world.later(days=2)
        await correct(world, birth.id, {"child.birth-date": "2026-02-26"})
        world.later(days=10)
        await world.do(commands.deem_accepted, birth.id, at=world.clock(), zone=ZONE)
        assert (await world.case(birth.id)).accepted_at == corrected_at

    async def test_what_was_corrected_is_what_the_result_will_say(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        await correct(world, birth.id, {"child.birth-date": "2026-02-26"})
        await world.accept(birth.id)
        await world.grant(birth.id)
        (record,) = [act for act in await world.acts(birth.id) if act.act == "correct"]
        assert record.details == {"elements": ["child.birth-date"]}

    @pytest.mark.parametrize(
        "answers",
        [{}, {"mother.name": "王"}, {"child.birth-date": "2026-02-26", "mother.name": "王"}],
    )
    async def test_it_answers_what_was_asked_and_nothing_else(
        self, world: World, answers: dict[str, JsonValue]
    ) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        with pytest.raises(CorrectionNotComplete):
            await correct(world, birth.id, answers)

    @pytest.mark.parametrize("answer", ["2026-02-30", 20260226, None, ["2026-02-26"]])
    async def test_it_has_the_form_of_its_element(self, world: World, answer: JsonValue) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        with pytest.raises(AnswerNotValid) as refusal:
            await correct(world, birth.id, {"child.birth-date": answer})
        assert refusal.value.members == {"elements": ["child.birth-date"]}

    async def test_it_comes_too_late_after_the_last_day(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        world.later(days=5)
        with pytest.raises(CorrectionTooLate):
            await correct(world, birth.id, {"child.birth-date": "2026-02-26"})

    async def test_only_the_applicant_corrects(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        with pytest.raises(CaseNotFound):
            await correct(world, birth.id, {"child.birth-date": "2026-02-26"}, by=Actor("applicant", new_id()))

    async def test_not_corrected_in_time_is_deemed_withdrawn(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        world.later(days=5)
        await world.do(commands.lapse, birth.id, at=world.clock(), office=world.office)
        assert await world.states(birth.application) == [State.WITHDRAWN] + [State.BLOCKED] * 3
        assert await world.events(birth.id) == ["case.received", "case.correction-requested", "case.withdrawn"]
        assert world.told == [birth.application]

    async def test_a_timer_that_fires_after_the_correction_does_nothing(self, world: World) -> None:
        birth, *_ = await world.open()
        await notice(world, birth.id)
        await correct(world, birth.id, {"child.birth-date": "2026-02-26"})
        await world.do(commands.lapse, birth.id, at=world.clock(), office=world.office)
        assert (await world.case(birth.id)).state is State.RECEIVED


class TestRefuse:
    async def test_the_case_ends_with_its_reasons(self, world: World) -> None:
        birth, *_ = await world.open()
        refused = await world.refuse(birth.id)
        assert (refused.state, refused.ended_at) == (State.REFUSED, MONDAY)
        assert set((await world.acts(birth.id))[-1].details) == {"reasons", "remedies"}
        assert await world.timers(birth.id) == {}

    async def test_what_needs_its_result_is_blocked_without_a_clock(self, world: World) -> None:
        opened = await world.open()
        await world.refuse(opened[0].id)
        assert await world.states(opened[0].application) == [State.REFUSED] + [State.BLOCKED] * 3
        assert await world.events(opened[3].id) == ["case.waiting", "case.blocked"]
        blocked = await world.case(opened[3].id)
        assert (blocked.received_at, blocked.promised_on) == (None, None)

    async def test_the_application_is_told_once(self, world: World) -> None:
        opened = await world.open()
        await world.refuse(opened[0].id)
        assert world.told == [opened[0].application]

    async def test_reasons_do_not_travel_in_events(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.refuse(birth.id)
        assert "职权" not in str(await world.recorded(birth.id))

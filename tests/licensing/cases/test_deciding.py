"""Decisions: frozen with a digest, by one officer, once; denials with reasons; conclusion; rating."""

import asyncio
from uuid import UUID

import pytest

from licensing.cases import commands, queries
from licensing.cases.errors import (
    ActNotPossible,
    AlreadyRated,
    CaseNotFound,
    ClaimsIncomplete,
    DenialWithoutReasons,
)
from licensing.cases.model import Actor, State
from shared.contracts.yields import yields_digest
from shared.ids import new_id
from tests.licensing.cases.factories import CHILD, MONDAY, YIWU
from tests.licensing.cases.world import CERTIFICATE, HEALTH, MOTHER_HERSELF, OFFICER, PAGE, POLICE, World


class TestGrant:
    async def test_what_is_issued_is_frozen_with_its_digest(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        decided = await world.grant(birth.id)
        async with world.database.read() as conn:
            (frozen,) = await queries.get_yields(conn, birth.id)
        assert frozen.claims == {"name": "王小满", "birth-date": "2026-02-27", "mother-name": "王示范"}
        assert (frozen.kind, frozen.party, frozen.region) == (CERTIFICATE, CHILD, YIWU)
        assert decided.digest == yields_digest((frozen,))

    async def test_the_event_carries_kinds_and_the_digest_and_no_claims(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        decided = await world.grant(birth.id)
        event = (await world.recorded(birth.id))[-1]
        assert event["type"] == "case.decided.v1"
        assert event["data"]["digest"] == decided.digest
        assert event["data"]["yields"] == [
            {"index": 0, "type": "certificate", "kind": CERTIFICATE, "party": str(CHILD)}
        ]
        assert "王" not in str(event)

    async def test_the_officer_is_named(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        last = (await world.acts(birth.id))[-1]
        assert (last.act, last.by) == ("decide", str(OFFICER))

    async def test_results_of_earlier_cases_feed_the_next(self, world: World) -> None:
        birth, registration, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id, claims={0: {"birth-date": "2026-02-26"}})
        await world.arrives(CERTIFICATE, case=birth.id)
        await world.accept(registration.id, by=POLICE)
        await world.grant(registration.id, by=POLICE, claims={0: {"number": "330782-0001"}})
        async with world.database.read() as conn:
            page, record = await queries.get_yields(conn, registration.id)
        assert page.claims == {"name": "王小满", "birth-date": "2026-02-26", "number": "330782-0001"}
        assert record.claims == {"name": "王小满"}

    async def test_a_claim_that_only_the_department_can_state_must_be_stated(self, world: World) -> None:
        _, registration, *_ = await world.open()
        await world.arrives(CERTIFICATE)
        await world.accept(registration.id, by=POLICE)
        with pytest.raises(ClaimsIncomplete) as refusal:
            await world.grant(registration.id, by=POLICE)
        assert refusal.value.members["missing"] == ["0.birth-date", "0.number"]
        assert (await world.case(registration.id)).state is State.ACCEPTED

    async def test_a_decision_ends_the_clock(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        assert await world.timers(birth.id) == {}

    async def test_a_case_that_was_not_accepted_cannot_be_decided(self, world: World) -> None:
        birth, *_ = await world.open()
        with pytest.raises(ActNotPossible):
            await world.grant(birth.id)

    async def test_another_department_cannot_decide_and_changes_nothing(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        with pytest.raises(CaseNotFound):
            await world.grant(birth.id, by=POLICE)
        assert (await world.case(birth.id)).state is State.ACCEPTED
        assert await world.events(birth.id) == ["case.received", "case.accepted"]

    async def test_of_two_officers_who_decide_at_once_one_is_refused(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        colleague = Actor("officer", new_id(), "health-commission", "330000")
        outcomes = await asyncio.gather(
            world.grant(birth.id), world.deny(birth.id, by=colleague), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes].count(ActNotPossible) == 1
        assert (await world.events(birth.id)).count("case.decided") == 1


class TestDeny:
    async def test_a_denial_needs_reasons_and_remedies(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        with pytest.raises(DenialWithoutReasons):
            await world.do(
                commands.decide,
                birth.id,
                by=HEALTH,
                outcome="denied",
                claims={},
                reasons="出生信息不符",
                remedies=None,
                at=world.clock(),
                office=world.office,
            )

    async def test_it_concludes_at_once_and_blocks_what_needed_the_result(self, world: World) -> None:
        opened = await world.open()
        await world.accept(opened[0].id)
        denied = await world.deny(opened[0].id)
        assert (denied.state, denied.outcome, denied.ended_at) == (State.CONCLUDED, "denied", MONDAY)
        assert await world.states(opened[0].application) == [State.CONCLUDED] + [State.BLOCKED] * 3
        assert await world.events(denied.id) == ["case.received", "case.accepted", "case.decided", "case.concluded"]
        assert world.told == [denied.application]

    async def test_it_yields_nothing(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        denied = await world.deny(birth.id)
        async with world.database.read() as conn:
            assert await queries.get_yields(conn, birth.id) == ()
        assert denied.digest == yields_digest(())


class TestConclude:
    async def test_a_case_concludes_with_the_last_of_its_results(self, world: World) -> None:
        _, registration, *_ = await world.open()
        await self.decide(world, registration.id)
        await world.arrives(PAGE, case=registration.id)
        assert (await world.case(registration.id)).state is State.DECIDED
        await world.arrives("household-registration", case=registration.id, index=1)
        assert (await world.case(registration.id)).state is State.CONCLUDED
        assert (await world.events(registration.id))[-1] == "case.concluded"
        assert world.told == [registration.application]

    async def test_an_event_delivered_twice_concludes_once(self, world: World) -> None:
        _, registration, *_ = await world.open()
        await self.decide(world, registration.id)
        for _ in range(2):
            await world.arrives("household-registration", case=registration.id, index=1)
            await world.arrives(PAGE, case=registration.id)
        assert (await world.events(registration.id)).count("case.concluded") == 1

    async def test_a_result_of_another_kind_or_index_concludes_nothing(self, world: World) -> None:
        _, registration, *_ = await world.open()
        await self.decide(world, registration.id)
        await world.arrives(PAGE, case=registration.id, index=1)
        await world.arrives("household-registration", case=registration.id, index=7)
        assert (await world.case(registration.id)).state is State.DECIDED

    async def test_the_application_learns_which_evidence_came_of_it(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        evidence = await world.arrives(CERTIFICATE, case=birth.id)
        async with world.database.read() as conn:
            first, *_ = await queries.list_of_application(conn, birth.application)
        assert [(result.kind, result.evidence) for result in first.results] == [(CERTIFICATE, evidence)]

    async def test_evidence_of_a_case_that_does_not_exist_is_only_remembered(self, world: World) -> None:
        await world.arrives(CERTIFICATE, case=new_id())

    async def decide(self, world: World, registration: UUID) -> None:
        await world.arrives(CERTIFICATE)
        await world.accept(registration, by=POLICE)
        await world.grant(registration, by=POLICE, claims={0: {"number": "1", "birth-date": "2026-02-27"}})


class TestWithdraw:
    async def test_every_case_that_is_not_decided_is_withdrawn(self, world: World) -> None:
        opened = await world.open()
        await world.accept(opened[0].id)
        left = await world.do(commands.withdraw_cases, opened[0].application, by=MOTHER_HERSELF, at=world.clock())
        assert {case.state for case in left} == {State.WITHDRAWN}
        assert await world.timers(opened[0].id) == {}
        assert await world.events(opened[0].id) == ["case.received", "case.accepted", "case.withdrawn"]

    async def test_a_decided_case_stays_decided(self, world: World) -> None:
        opened = await world.open()
        await world.accept(opened[0].id)
        await world.grant(opened[0].id)
        left = await world.do(commands.withdraw_cases, opened[0].application, by=MOTHER_HERSELF, at=world.clock())
        assert [case.state for case in left] == [State.DECIDED] + [State.WITHDRAWN] * 3

    async def test_the_applicant_is_named(self, world: World) -> None:
        opened = await world.open()
        await world.do(commands.withdraw_cases, opened[0].application, by=MOTHER_HERSELF, at=world.clock())
        assert (await world.acts(opened[1].id))[-1].by == str(MOTHER_HERSELF.id)


class TestRate:
    async def test_a_concluded_case_is_rated_once(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.deny(birth.id)
        await self.rate(world, birth.id)
        event = (await world.recorded(birth.id))[-1]
        assert (event["type"], event["data"]["grade"]) == ("rating.given.v1", 2)
        assert "谢谢" not in str(event)
        with pytest.raises(AlreadyRated):
            await self.rate(world, birth.id)

    async def test_a_case_that_goes_on_is_not_rated(self, world: World) -> None:
        birth, *_ = await world.open()
        with pytest.raises(ActNotPossible):
            await self.rate(world, birth.id)

    async def test_only_the_applicant_rates(self, world: World) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.deny(birth.id)
        with pytest.raises(CaseNotFound):
            await self.rate(world, birth.id, by=Actor("applicant", new_id()))

    async def rate(self, world: World, case: UUID, *, by: Actor = MOTHER_HERSELF) -> None:
        await world.do(commands.rate, case, by=by, grade=2, comment="谢谢", at=world.clock())

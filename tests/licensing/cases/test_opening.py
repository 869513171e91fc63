"""How cases begin, and how what they wait for wakes them: once, in any order, never lost."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from licensing.cases import commands, queries
from licensing.cases.model import Awaited, State
from shared.contracts.events import UsedEvidence
from shared.ids import new_id
from tests.licensing.cases import factories
from tests.licensing.cases.factories import CHILD, MONDAY, MOTHER, ZONE
from tests.licensing.cases.world import CERTIFICATE, ENROLMENT, PAGE, POLICE, REGISTRATION, World


class TestOpenCases:
    async def test_what_needs_nothing_is_received_at_once_and_the_rest_waits(self, world: World) -> None:
        opened = await world.open()
        assert [(case.item, case.state) for case in opened] == [
            ("birth-medical-certificate", State.RECEIVED),
            ("household-registration", State.WAITING),
            ("resident-medical-insurance", State.WAITING),
            ("social-security-card", State.WAITING),
        ]

    async def test_items_that_may_run_in_parallel_are_received_together(self, world: World) -> None:
        opened = await world.open([factories.birth_certificate(), factories.birth_certificate()])
        assert {case.received_at for case in opened} == {MONDAY}

    async def test_every_case_has_a_number_of_its_own(self, world: World) -> None:
        numbers = [case.number for case in await world.open()]
        assert len(set(numbers)) == 4
        assert all(number.startswith("330782") and number[8:15] == "1260302" for number in numbers)

    async def test_each_begins_with_its_event(self, world: World) -> None:
        opened = await world.open()
        assert await world.events(opened[0].id) == ["case.received"]
        (waiting,) = await world.recorded(opened[1].id)
        assert waiting["topic"] == "evt.case.waiting.household-registration.33.07.82"
        assert waiting["data"]["waits_for"] == [CERTIFICATE]

    async def test_events_hold_no_claim_and_no_name(self, world: World) -> None:
        opened = await world.open()
        assert "王小满" not in str([await world.recorded(case.id) for case in opened])

    async def test_a_waiting_case_has_no_clock(self, world: World) -> None:
        opened = await world.open()
        assert await world.timers(opened[1].id) == {}
        assert (await world.timers(opened[0].id))["case.acceptance-due"] == datetime(2026, 3, 9, 16, tzinfo=UTC)

    async def test_the_plan_is_frozen_with_the_case(self, world: World) -> None:
        opened = await world.open()
        assert (await world.case(opened[0].id)).planned == factories.birth_certificate()

    async def test_what_is_answered_is_what_is_stored(self, world: World) -> None:
        opened = await world.open()
        async with world.database.read() as conn:
            assert await queries.list_of_application(conn, opened[0].application) == opened

    async def test_the_legal_limit_is_the_ordinary_one_where_the_guide_names_none(self, world: World) -> None:
        plan = factories.birth_certificate().model_copy(update={"legal_days": None})
        (opened,) = await world.open([plan])
        assert (await world.case(opened.id)).legal_days == 20


class TestWaking:
    async def test_evidence_that_a_case_waits_for_wakes_it(self, world: World) -> None:
        opened = await world.open()
        world.later(days=1)
        await world.arrives(CERTIFICATE)
        woken = await world.case(opened[1].id)
        assert woken.state is State.RECEIVED
        assert woken.received_at == world.clock()
        assert woken.acceptance_due_on == date(2026, 3, 10)
        assert await world.events(woken.id) == ["case.waiting", "case.received", "evidence.used"]

    async def test_one_certificate_wakes_all_that_wait_for_it(self, world: World) -> None:
        opened = await world.open()
        await world.arrives(PAGE)
        assert await world.states(opened[0].application) == [
            State.RECEIVED,
            State.WAITING,
            State.RECEIVED,
            State.RECEIVED,
        ]

    async def test_an_event_delivered_twice_wakes_once(self, world: World) -> None:
        opened = await world.open()
        evidence = await world.arrives(CERTIFICATE)
        await world.arrives(CERTIFICATE, evidence=evidence)
        assert await world.events(opened[1].id) == ["case.waiting", "case.received", "evidence.used"]

    async def test_evidence_about_somebody_else_wakes_nobody(self, world: World) -> None:
        opened = await world.open()
        await world.arrives(CERTIFICATE, party=MOTHER)
        assert (await world.case(opened[1].id)).state is State.WAITING

    async def test_a_case_that_waits_for_two_things_is_received_with_the_second(self, world: World) -> None:
        plan = factories.planned(
            "two-needs",
            "tax",
            yields=(),
            waits_for=(
                Awaited(kind=CERTIFICATE, party=CHILD),
                Awaited(kind=PAGE, party=CHILD),
            ),
        )
        (opened,) = await world.open([plan])
        await world.arrives(PAGE)
        assert (await world.case(opened.id)).state is State.WAITING
        await world.arrives(CERTIFICATE)
        assert (await world.case(opened.id)).state is State.RECEIVED

    async def test_evidence_that_arrived_after_the_plan_was_made_meets_the_wait(self, world: World) -> None:
        facts = factories.application(at=world.clock())
        world.later(minutes=5)
        await world.arrives(CERTIFICATE)
        opened = await world.open(application=facts)
        assert opened[1].state is State.RECEIVED
        assert await world.events(opened[1].id) == ["case.received", "evidence.used"]

    async def test_evidence_that_the_plan_knew_and_did_not_use_meets_nothing(self, world: World) -> None:
        await world.arrives(CERTIFICATE)
        world.later(days=400)
        opened = await world.open()
        assert opened[1].state is State.WAITING

    async def test_no_wake_up_is_lost_when_evidence_arrives_while_the_cases_are_being_opened(
        self, world: World
    ) -> None:
        facts, news = factories.application(), commands.Arrived(new_id(), CERTIFICATE, CHILD)
        async with world.database.transaction() as opening:
            opened = await commands.open_cases(opening, facts, factories.newborn(), at=MONDAY, zone=ZONE)
            # Nothing of the cases can be seen yet; the news must wait until it can.
            arriving = asyncio.create_task(world.do(commands.evidence_arrived, news, at=MONDAY, office=world.office))
            await asyncio.wait({arriving}, timeout=0.2)
            assert not arriving.done()
        await arriving
        assert (await world.case(opened[1].id)).state is State.RECEIVED

    async def test_no_wake_up_is_lost_when_cases_are_opened_while_evidence_is_arriving(self, world: World) -> None:
        news = commands.Arrived(new_id(), CERTIFICATE, CHILD)
        async with world.database.transaction() as arriving:
            await commands.evidence_arrived(arriving, news, at=MONDAY, office=world.office)
            opening = asyncio.create_task(world.open())
            await asyncio.wait({opening}, timeout=0.2)
            assert not opening.done()
        assert (await opening)[1].state is State.RECEIVED

    async def test_an_ended_case_is_not_woken(self, world: World) -> None:
        opened = await world.open()
        await world.refuse(opened[0].id)
        await world.arrives(CERTIFICATE)
        assert (await world.case(opened[1].id)).state is State.BLOCKED

    async def test_the_whole_thing_runs_from_the_first_case_to_the_last(self, world: World) -> None:
        birth, registration, insurance, card = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        await world.arrives(CERTIFICATE, case=birth.id)
        await world.accept(registration.id, by=POLICE)
        await world.grant(registration.id, by=POLICE, claims={0: {"number": "330782-0001"}})
        await world.arrives(PAGE, case=registration.id)
        assert (await world.case(registration.id)).state is State.DECIDED
        await world.arrives(factories.REGISTRATION, case=registration.id, index=1)
        assert await world.states(birth.application) == [
            State.CONCLUDED,
            State.CONCLUDED,
            State.RECEIVED,
            State.RECEIVED,
        ]
        assert world.told == [birth.application, birth.application]
        assert insurance.results[0].kind == ENROLMENT
        assert card.results[0].evidence is None


class TestUsing:
    """Whoever stands on evidence says so, with its own case: by that it will hear when the evidence no longer holds."""

    def held(self, evidence: UUID) -> UsedEvidence:
        return UsedEvidence(evidence=evidence, type="record", kind="birth-record", party=CHILD)

    async def used(self, world: World, case: UUID) -> list[dict[str, Any]]:
        return [event["data"] for event in await world.recorded(case) if event["type"] == "evidence.used.v1"]

    async def test_a_case_names_what_its_own_item_stands_on_from_the_submission_on(self, world: World) -> None:
        one, other = new_id(), new_id()
        first = factories.planned("one", "tax", yields=(), evidence=(self.held(one),))
        waits = (Awaited(kind=CERTIFICATE, party=CHILD),)
        second = factories.planned("two", "civil-affairs", yields=(), evidence=(self.held(other),), waits_for=waits)
        opened = await world.open([first, second, factories.card()])
        assert await self.used(world, opened[0].id) == [
            {
                "case": str(opened[0].id),
                "application": str(opened[0].application),
                "item": "one",
                "department": "tax",
                "used": [{"evidence": str(one), "type": "record", "kind": "birth-record", "party": str(CHILD)}],
            }
        ]
        (waiting,) = await self.used(world, opened[1].id)
        assert [piece["evidence"] for piece in waiting["used"]] == [str(other)]
        assert await self.used(world, opened[2].id) == []

    async def test_what_a_case_waited_for_is_in_use_once_it_is_received(self, world: World) -> None:
        waits = (Awaited(kind=CERTIFICATE, party=CHILD), Awaited(kind=REGISTRATION, party=CHILD, type="record"))
        (opened,) = await world.open([factories.planned("two-needs", "tax", yields=(), waits_for=waits)])
        registration = await world.arrives(REGISTRATION)
        assert await self.used(world, opened.id) == []
        certificate = await world.arrives(CERTIFICATE)
        (event,) = await self.used(world, opened.id)
        assert [(piece["evidence"], piece["type"]) for piece in event["used"]] == [
            (str(certificate), "certificate"),
            (str(registration), "record"),
        ]

    async def test_each_case_that_one_certificate_wakes_says_so_for_itself(self, world: World) -> None:
        opened = await world.open()
        page = await world.arrives(PAGE)
        for case in opened[2:]:
            (event,) = await self.used(world, case.id)
            assert (event["department"], event["used"][0]["evidence"]) == (case.department, str(page))

    async def test_it_is_an_internal_event(self, world: World) -> None:
        opened = await world.open()
        await world.arrives(CERTIFICATE)
        assert (await world.recorded(opened[1].id))[-1]["topic"] == "int.evidence.used.household-registration.33.07.82"

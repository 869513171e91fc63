"""A draft becomes an application: once, complete, still true, with everything that departments need frozen in it."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue

from licensing.applications.rules.progress import check_digit
from licensing.cases import queries as case_queries
from licensing.cases.model import PlannedCase
from tests.licensing.applications.factories import (
    ANSWERS,
    CHILD,
    FATHERS_ADDRESS,
    MOTHER,
    MOTHERS_ADDRESS,
    STRANGER,
    YIWU,
    evidence,
)
from tests.licensing.applications.world import Answer, World, asked_in, at_once, fields_of

NEW_ADDRESS = "义乌市新街三号"
MARRIAGE = {"evidence_kind": "marriage-registration", "role": "mother"}


async def planned(world: World, application: dict[str, Any], item: str) -> PlannedCase:
    async with world.database.read() as conn:
        case = await case_queries.find(conn, (await world.case(application, item)).id)
    assert case is not None
    return case.planned


def without(world: World, kind: str) -> None:
    world.source.evidence = [piece for piece in world.source.evidence if piece.kind != kind]


def kinds_of(event: dict[str, Any]) -> set[str]:
    return {piece["kind"] for piece in event["data"]["used"]}


class TestSubmitting:
    async def test_opens_every_case_at_once_and_receives_what_waits_for_nobody(self, world: World) -> None:
        application = await world.apply()
        states = {case["item"]: case["state"] for case in application["cases"]}
        assert states == {
            "birth-medical-certificate": "received",
            "household-registration": "waiting",
            "resident-medical-insurance": "waiting",
            "social-security-card": "waiting",
        }
        assert application["state"] == "submitted"

    async def test_numbers_it_by_region_day_chance_and_check_digit(self, world: World) -> None:
        number = (await world.apply())["number"]
        assert number.startswith(f"{YIWU}260311")
        assert len(number) == 25
        assert number[-1] == check_digit(number[:-1])

    async def test_tells_of_it_with_ids_alone(self, world: World) -> None:
        application = await world.apply()
        (event,) = await world.events("application.")
        assert event["type"] == "application.submitted.v1"
        assert event["topic"] == "evt.application.submitted.newborn.33.07.82"
        assert event["data"] == {
            "application": application["id"],
            "thing": "newborn",
            "cases": [case["id"] for case in application["cases"]],
        }

    async def test_each_case_tells_which_evidence_its_own_item_stands_on(self, world: World) -> None:
        application = await world.apply()
        kinds = {event["data"]["item"]: kinds_of(event) for event in await world.events("evidence.used")}
        assert kinds == {
            "birth-medical-certificate": {"birth-record", "resident-identity"},
            "household-registration": {"birth-record", "household-registration", "marriage-registration"},
            # What it reads of the register page does not exist yet; the child's birth is known already.
            "resident-medical-insurance": {"birth-record"},
            "social-security-card": {"birth-record"},
        }
        held = {str(piece.id) for piece in world.source.evidence}
        for event in await world.events("evidence.used"):
            case = await world.case(application, event["data"]["item"])
            assert (event["data"]["case"], event["data"]["department"]) == (str(case.id), case.department)
            assert {piece["evidence"] for piece in event["data"]["used"]} <= held

    async def test_freezes_values_with_their_sources_and_answers_in_the_case(self, world: World) -> None:
        case = await planned(world, await world.apply(), "birth-medical-certificate")
        fields = {field.element: field for field in case.fields}
        born = fields["child.birth-date"]
        assert born.value == "2026-03-09"
        assert born.source is not None
        assert (born.source.kind, born.source.issuer) == ("evidence", "hospital")
        assert case.answers == {"child.name": ANSWERS["child.name"]}
        assert case.yields[0].party == CHILD
        assert case.yields[0].region == YIWU
        assert case.yields[0].forms.keys() == case.yields[0].claims.keys()  # what is stated is held to these

    async def test_gives_a_department_the_masked_values_unmasked(self, world: World) -> None:
        case = await planned(world, await world.apply(), "household-registration")
        values = {field.element: field.value for field in case.fields}
        assert values["father.household-address"] == FATHERS_ADDRESS

    async def test_lets_a_department_read_only_what_its_item_is_about(self, world: World) -> None:
        case = await planned(world, await world.apply(), "resident-medical-insurance")
        assert case.grant_parties == (CHILD,)
        assert case.grant_kinds == ("household-register-page",)

    async def test_uses_the_answers_that_the_draft_was_given_before(self, world: World) -> None:
        draft = (await world.change(await world.draft(), answers=dict(ANSWERS))).json()
        answer = await world.submit(draft, answers={})
        assert answer.status_code == 201, answer.text

    async def test_forgets_what_the_draft_held_of_people(self, world: World) -> None:
        application = await world.apply()
        (row,) = await world.rows("SELECT evidence, answers, application FROM drafts")
        assert (row["evidence"], row["answers"], str(row["application"])) == ([], {}, application["id"])

    async def test_keeps_how_results_are_to_be_delivered(self, world: World) -> None:
        assert (await world.apply(delivery={"method": "post"}))["delivery"] == {"method": "post"}


class TestWhatIsMissing:
    async def test_is_told_all_at_once(self, world: World) -> None:
        answer = await world.submit(await world.draft(), answers={"child.name": "陈小满"})
        assert (answer.status_code, answer.json()["code"]) == (409, "answers-missing")
        assert set(answer.json()["elements"]) == {"child.household-parent", "applicant.delivery-address"}
        assert await world.count("applications") == 0

    async def test_names_the_materials_that_nobody_has(self, world: World) -> None:
        without(world, "marriage-registration")
        answer = await world.submit(await world.draft())
        assert answer.json()["materials"] == [MARRIAGE]

    async def test_can_be_a_commitment_where_the_guide_allows_one(self, world: World) -> None:
        without(world, "marriage-registration")
        answer = await world.submit(await world.draft(), commitments=[MARRIAGE])
        assert answer.status_code == 201, answer.text

    async def test_cannot_be_a_commitment_where_it_does_not(self, world: World) -> None:
        wanted = {"evidence_kind": "birth-record", "role": "child"}
        answer = await world.submit(await world.draft(), commitments=[wanted])
        assert (answer.status_code, answer.json()["code"]) == (422, "commitment-not-offered")
        assert answer.json()["materials"] == [wanted]

    async def test_cannot_be_a_material_that_was_never_handed_in(self, world: World) -> None:
        handed_in = {**MARRIAGE, "material": str(STRANGER)}
        answer = await world.submit(await world.draft(), materials=[handed_in])
        assert (answer.status_code, answer.json()["code"]) == (422, "material-not-found")


class TestSubmittingTwice:
    async def test_with_one_key_gets_the_same_answer(self, world: World) -> None:
        draft = await world.draft()
        first, second = [await world.submit(draft, key="one-key-0001") for _ in range(2)]
        assert first.json() == second.json()
        assert second.status_code == 201

    async def test_with_one_key_and_another_body_is_refused(self, world: World) -> None:
        draft = await world.draft()
        await world.submit(draft, key="one-key-0001")
        answer = await world.submit(draft, key="one-key-0001", delivery={"method": "post"})
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")

    async def test_with_another_key_names_the_application_that_there_is(self, world: World) -> None:
        draft = await world.draft()
        application = (await world.submit(draft)).json()
        answer = await world.submit(draft)
        assert (answer.status_code, answer.json()["code"]) == (409, "draft-already-submitted")
        assert answer.json()["application"] == application["id"]
        assert (await world.change(draft, answers={})).json()["code"] == "draft-already-submitted"

    async def test_fifty_times_at_once_with_one_key_makes_one_application(self, world: World) -> None:
        draft = await world.draft()
        answers = await at_once(*(world.submit(draft, key="one-key-0001") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert await world.count("applications") == 1
        assert await world.count("cases") == 4
        assert len(await world.events("application.submitted")) == 1

    async def test_fifty_times_at_once_with_fifty_keys_makes_one_application(self, world: World) -> None:
        draft = await world.draft()
        answers = await at_once(*(world.submit(draft) for _ in range(50)))
        outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
        assert outcomes.pop((201, None)) == 1
        # On a slow machine some wait longer for the others than the database lets them, and are told to try again.
        assert outcomes.keys() <= {(409, "draft-already-submitted"), (503, "service-unavailable")}
        assert await world.count("applications") == 1

    async def test_a_repeat_that_meets_other_evidence_is_answered_with_what_the_first_made(self, world: World) -> None:
        """The first took longer than its caller waited, and its draft is not written over."""
        draft, first = await world.draft(), list[Answer]()

        async def commits_before_evidence_changes() -> None:
            first.append(await world.submit(draft, key="one-key-0001"))
            moved = {"household-number": "770099", "household-address": NEW_ADDRESS, "household-type": "family"}
            for number, party in ((50, MOTHER), (51, UUID(int=2))):
                source.evidence.append(evidence(number, "household-registration", party, moved))

        source = world.meanwhile(commits_before_evidence_changes)
        repeat = await world.submit(draft, key="one-key-0001")
        assert (repeat.status_code, repeat.json()) == (201, first[0].json())
        (row,) = await world.rows("SELECT application, evidence FROM drafts")
        assert (str(row["application"]), row["evidence"]) == (first[0].json()["id"], [])

    async def test_a_draft_that_changes_while_it_is_submitted_is_not(self, world: World) -> None:
        draft = await world.draft()
        world.meanwhile(lambda: world.change(draft, answers={"child.name": "陈大满"}))
        answer = await world.submit(draft)
        assert (answer.status_code, answer.json()["code"]) == (409, "draft-changed")
        assert await world.count("applications") == 0


class TestEvidenceThatChanged:
    async def test_makes_the_draft_stale_and_brings_the_new_one(self, world: World) -> None:
        draft = await world.draft()
        without(world, "household-registration")
        moved = {"household-number": "770011", "household-address": NEW_ADDRESS, "household-type": "family"}
        world.source.evidence.append(evidence(50, "household-registration", MOTHER, moved))
        world.source.evidence.append(evidence(51, "household-registration", UUID(int=2), moved))
        answer = await world.submit(draft)
        assert (answer.status_code, answer.json()["code"]) == (409, "draft-stale")
        fresh = answer.json()["draft"]
        assert fresh["draft"] == draft["draft"]
        assert fields_of(fresh)["mother.household-address"]["value"] == NEW_ADDRESS
        assert fields_of(fresh)["child.name"]["schema"]
        assert await world.count("applications") == 0

    async def test_is_settled_by_submitting_the_new_draft(self, world: World) -> None:
        draft = await world.draft()
        household = {"household-number": "770099", "household-address": NEW_ADDRESS, "household-type": "family"}
        world.source.evidence = [
            piece
            if (piece.kind, piece.party) != ("household-registration", MOTHER)
            else piece.model_copy(update={"claims": household})
            for piece in world.source.evidence
        ]
        stale = (await world.submit(draft)).json()["draft"]
        assert asked_in(stale) == set()
        application = (await world.submit(stale, answers={})).json()
        case = await planned(world, application, "household-registration")
        assert {f.element: f.value for f in case.fields}["mother.household-address"] == NEW_ADDRESS

    async def test_does_not_matter_where_only_the_source_fell_silent(self, world: World) -> None:
        draft = await world.draft()
        world.source.down = {"record"}
        application = (await world.submit(draft)).json()
        case = await planned(world, application, "household-registration")
        assert {f.element: f.value for f in case.fields}["mother.household-address"] == MOTHERS_ADDRESS

    async def test_a_source_that_has_come_back_is_asked_again(self, world: World) -> None:
        world.source.down = {"record"}
        draft = await world.draft()
        world.source.down = set()
        assert (await world.submit(draft)).json()["code"] == "draft-stale"


class TestDisputes:
    async def disputed(self, world: World) -> dict[str, Any]:
        return await world.apply(
            answers={**ANSWERS, "mother.household-address": NEW_ADDRESS}, disputes=["mother.household-address"]
        )

    async def test_the_applicants_version_prevails_and_names_what_it_replaces(self, world: World) -> None:
        case = await planned(world, await self.disputed(world), "household-registration")
        field = next(field for field in case.fields if field.element == "mother.household-address")
        assert field.value == NEW_ADDRESS
        assert field.source is not None
        assert (field.source.kind, field.source.issuer) == ("dispute", "public-security")
        assert case.answers["mother.household-address"] == NEW_ADDRESS

    async def test_the_source_department_gets_a_ticket(self, world: World) -> None:
        application = await self.disputed(world)
        (ticket,) = await world.rows("SELECT * FROM correction_tickets")
        assert str(ticket["application"]) == application["id"]
        assert (ticket["department"], ticket["party"]) == ("public-security", MOTHER)
        assert ticket["claims"] == {"household-address": {"held": MOTHERS_ADDRESS, "claimed": NEW_ADDRESS}}

    async def test_and_is_told_of_it_alone_and_without_the_values(self, world: World) -> None:
        await self.disputed(world)
        (event,) = await world.events("correction-ticket.")
        assert event["topic"].startswith("to.public-security.")
        assert event["data"]["attributes"] == ["household-address"]
        assert NEW_ADDRESS not in str(event)

    async def test_a_dispute_without_an_answer_leaves_something_missing(self, world: World) -> None:
        answer = await world.submit(await world.draft(), disputes=["mother.household-address"])
        assert answer.json()["code"] == "answers-missing"
        assert answer.json()["elements"] == ["mother.household-address"]


class TestAnswers:
    async def test_to_what_is_known_are_refused(self, world: World) -> None:
        answer = await world.submit(await world.draft(), answers={**ANSWERS, "mother.name": "别人"})
        assert (answer.status_code, answer.json()["code"]) == (422, "answer-not-asked")
        assert answer.json()["elements"] == ["mother.name"]
        assert "别人" not in answer.text

    @pytest.mark.parametrize("element", ["applicant.bank-account", "nobody.nothing", "__proto__", "小满"])
    async def test_to_what_the_draft_does_not_speak_of_are_refused_unnamed(self, world: World, element: str) -> None:
        answer = await world.change(await world.draft(), answers={element: "value-sent"})
        assert (answer.status_code, answer.json()["code"]) == (422, "answer-not-asked")
        assert answer.json()["unknown"] == 1
        assert element not in answer.text
        assert "value-sent" not in answer.text

    async def test_of_the_wrong_form_are_told_all_at_once_by_element(self, world: World) -> None:
        wrong: dict[str, JsonValue] = {
            "child.name": "\u202e小满",
            "child.household-parent": "neighbour",
            "applicant.delivery-address": 7,
        }
        answer = await world.change(await world.draft(), answers=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "answers-not-valid")
        assert answer.json()["errors"] == [
            {"element": "applicant.delivery-address", "reason": "type"},
            {"element": "child.household-parent", "reason": "enum"},
            {"element": "child.name", "reason": "invisible characters"},
        ]
        assert "neighbour" not in answer.text

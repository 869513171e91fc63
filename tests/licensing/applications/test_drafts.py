"""One identification: what is known is shown with its source, what nobody holds is asked, once."""

from datetime import timedelta

from tests.licensing.applications.factories import (
    BANK_ACCOUNT,
    CHILD,
    FATHERS_ADDRESS,
    FATHERS_NAME,
    MOTHER,
    MOTHERS_ADDRESS,
    TWIN,
    evidence,
)
from tests.licensing.applications.world import World, asked_in, fields_of


class TestTheNewborn:
    async def test_is_asked_exactly_three_things(self, world: World) -> None:
        draft = await world.draft()
        assert asked_in(draft) == {"child.name", "child.household-parent", "applicant.delivery-address"}
        assert draft["counts"] == {"elements": 25, "asked": 3, "reused": 22, "materials": 4, "materials_asked": 0}
        assert draft["visits"] == 0

    async def test_is_asked_a_fourth_with_maternity_benefit(self, world: World) -> None:
        draft = await world.draft(situation={"claim-maternity-benefit": "yes"})
        assert asked_in(draft) == {
            "child.name",
            "child.household-parent",
            "applicant.delivery-address",
            "applicant.bank-account",
        }
        assert "maternity-benefit" in [step["item"] for step in draft["steps"]]

    async def test_shows_where_each_value_comes_from(self, world: World) -> None:
        shown = fields_of(await world.draft())["child.birth-date"]
        assert (shown["state"], shown["value"]) == ("known", "2026-03-09")
        source = shown["source"]
        assert (source["kind"], source["issuer"], source["evidence_kind"], source["as_of"]) == (
            "record",
            "hospital",
            "birth-record",
            "2026-03-10",
        )
        assert "why" not in shown

    async def test_says_why_it_asks_in_both_languages(self, world: World) -> None:
        shown = fields_of(await world.draft())["child.household-parent"]
        assert shown["required"] is True
        assert shown["why"]["zh"]
        assert shown["why"]["en"]
        assert shown["schema"] == {"type": "string", "enum": ["mother", "father"]}
        assert shown["serves"] == ["household-registration"]

    async def test_promises_the_longest_chain_of_departments_in_working_days(self, world: World) -> None:
        draft = await world.draft()
        days = {step["item"]: step["promised_days"] for step in draft["steps"]}
        chain = days["birth-medical-certificate"] + days["household-registration"]
        chain += max(days["resident-medical-insurance"], days["social-security-card"])
        deadline = await world.service.desk.ahead.deadline(world.database, world.clock().date(), chain)
        assert draft["promised_on"] == deadline.on.isoformat()
        assert draft["provisional"] is False

    async def test_waits_for_what_other_departments_yield(self, world: World) -> None:
        draft = await world.draft()
        waits = {step["item"]: step["waits_for"] for step in draft["steps"]}
        assert waits["household-registration"] == ["birth-medical-certificate"]
        materials = {shown["evidence_kind"]: shown for shown in draft["materials"]}
        assert materials["household-register-page"]["state"] == "awaited"
        assert materials["household-register-page"]["from_item"] == "household-registration"
        assert materials["birth-record"]["state"] == "held"

    async def test_reads_every_source_once_under_one_grant(self, world: World) -> None:
        await world.draft()
        assert len(world.source.grants) == 1

    async def test_masks_what_is_held_of_the_father_and_keeps_it(self, world: World) -> None:
        answer = await world.identify()
        fields = fields_of(answer.json())
        assert fields["father.name"]["masked"] is True
        assert fields["father.name"]["value"] == "赵***"
        assert fields["father.birth-date"]["value"] == "***"
        assert fields["father.ethnicity"]["value"] == "***"
        assert fields["mother.name"]["value"] == "陈示范"
        assert "masked" not in fields["mother.name"]
        assert FATHERS_NAME not in answer.text
        assert FATHERS_ADDRESS not in answer.text
        (kept,) = await world.rows("SELECT evidence::text AS evidence FROM drafts")
        assert FATHERS_NAME in kept["evidence"]


class TestASecondThing:
    async def test_needs_no_code_of_its_own(self, world: World) -> None:
        draft = await world.draft("social-security-card")
        assert asked_in(draft) == {"applicant.delivery-address"}
        assert [step["item"] for step in draft["steps"]] == ["social-security-card-reissue"]


class TestASilentSource:
    async def test_degrades_its_fields_and_nothing_else(self, world: World) -> None:
        world.source.down = {"record"}
        draft = await world.draft()
        fields = fields_of(draft)
        assert fields["mother.name"]["state"] == "unavailable"
        assert fields["mother.name"]["required"] is False
        assert asked_in(draft) == {"child.name", "child.household-parent", "applicant.delivery-address"}

    async def test_may_be_answered_for(self, world: World) -> None:
        world.source.down = {"record"}
        draft = (await world.change(await world.draft(), answers={"mother.name": "陈示范"})).json()
        assert fields_of(draft)["mother.name"]["source"] == {"kind": "applicant"}


class TestRoles:
    async def test_several_children_need_a_choice(self, world: World) -> None:
        answer = await world.identify(children=(CHILD, TWIN))
        assert (answer.status_code, answer.json()["code"]) == (409, "role-choice-needed")
        assert set(answer.json()["options"]) == {str(CHILD), str(TWIN)}

    async def test_a_choice_settles_it(self, world: World) -> None:
        draft = await world.draft(children=(CHILD, TWIN), roles={"child": str(CHILD)})
        assert draft["roles"]["child"] == str(CHILD)

    async def test_nobody_to_take_a_role_is_a_refusal(self, world: World) -> None:
        answer = await world.identify(children=())
        assert (answer.status_code, answer.json()["code"]) == (409, "role-unresolved")

    async def test_somebody_else_cannot_be_chosen(self, world: World) -> None:
        answer = await world.identify(roles={"child": str(MOTHER)})
        assert (answer.status_code, answer.json()["code"]) == (422, "role-not-offered")


class TestChanging:
    async def test_an_answer_is_known_from_then_on(self, world: World) -> None:
        draft = (await world.change(await world.draft(), answers={"child.name": "陈小满"})).json()
        assert "child.name" not in asked_in(draft)
        assert fields_of(draft)["child.name"]["value"] == "陈小满"
        assert draft["counts"]["asked"] == 3

    async def test_an_answer_of_null_is_taken_back(self, world: World) -> None:
        draft = (await world.change(await world.draft(), answers={"child.name": "陈小满"})).json()
        draft = (await world.change(draft, answers={"child.name": None})).json()
        assert "child.name" in asked_in(draft)

    async def test_another_situation_is_another_plan(self, world: World) -> None:
        draft = (await world.change(await world.draft(), situation={"claim-maternity-benefit": "yes"})).json()
        assert "applicant.bank-account" in asked_in(draft)
        assert draft["questions"][0]["answer"] == "yes"
        assert len(world.source.grants) == 2
        draft = (await world.change(draft, answers={"applicant.bank-account": BANK_ACCOUNT})).json()
        assert "applicant.bank-account" not in asked_in(draft)

    async def test_answers_alone_ask_no_source(self, world: World) -> None:
        await world.change(await world.draft(), answers={"child.name": "陈小满"})
        assert len(world.source.grants) == 1

    async def test_another_child_forgets_what_was_said_of_the_first(self, world: World) -> None:
        world.source.evidence.append(evidence(2, "birth-record", TWIN, {"sex": "male"}, issuer="hospital"))
        draft = await world.draft(children=(CHILD, TWIN), roles={"child": str(CHILD)})
        await world.change(draft, answers={"child.name": "陈小满", "applicant.delivery-address": "义乌市一号"})
        draft = (await world.change(draft, roles={"child": str(TWIN)})).json()
        assert "child.name" in asked_in(draft)
        assert "applicant.delivery-address" not in asked_in(draft)
        assert fields_of(draft)["child.sex"]["value"] == "male"

    async def test_a_dispute_opens_a_value_to_the_applicants_own(self, world: World) -> None:
        draft = (await world.change(await world.draft(), disputes=["mother.household-address"])).json()
        shown = fields_of(draft)["mother.household-address"]
        assert (shown["state"], shown["required"], shown["disputed"]) == ("missing", True, True)
        draft = (await world.change(draft, answers={"mother.household-address": "义乌市新街三号"})).json()
        assert fields_of(draft)["mother.household-address"]["value"] == "义乌市新街三号"
        draft = (await world.change(draft, disputes=[])).json()
        assert fields_of(draft)["mother.household-address"]["value"] == MOTHERS_ADDRESS

    async def test_what_is_not_shown_cannot_be_disputed(self, world: World) -> None:
        answer = await world.change(await world.draft(), disputes=["father.household-address"])
        assert (answer.status_code, answer.json()["code"]) == (422, "dispute-not-possible")
        assert answer.json()["elements"] == ["father.household-address"]

    async def test_of_two_changes_at_once_the_later_is_told_to_read_again(self, world: World) -> None:
        draft = await world.draft()
        world.meanwhile(lambda: world.change(draft, answers={"child.name": "陈小满"}))
        answer = await world.change(draft, situation={"claim-maternity-benefit": "yes"})
        assert (answer.status_code, answer.json()["code"]) == (409, "draft-changed")
        now = (await world.get(f"/v1/drafts/{draft['draft']}")).json()
        assert "child.name" not in asked_in(now)
        assert now["questions"][0]["answer"] == "no"


class TestExpiry:
    async def test_a_draft_left_alone_expires(self, world: World) -> None:
        draft = await world.draft()
        world.later(minutes=30)
        answer = await world.get(f"/v1/drafts/{draft['draft']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "draft-expired")
        assert (await world.change(draft, answers={})).json()["code"] == "draft-expired"
        assert (await world.submit(draft)).json()["code"] == "draft-expired"

    async def test_each_use_prolongs_it(self, world: World) -> None:
        draft = await world.draft()
        for _ in range(3):
            at = world.later(minutes=29)
            shown = (await world.get(f"/v1/drafts/{draft['draft']}")).json()
            assert shown["expires_at"] == (at + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")

    async def test_but_not_for_ever(self, world: World) -> None:
        draft = await world.draft()
        for _ in range(16):
            world.later(minutes=29)
            assert (await world.get(f"/v1/drafts/{draft['draft']}")).status_code == 200
        world.later(minutes=29)
        assert (await world.get(f"/v1/drafts/{draft['draft']}")).json()["code"] == "draft-expired"

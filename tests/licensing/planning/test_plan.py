"""How each need is met, on things just large enough to show it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from licensing.planning.errors import SituationNotOffered
from licensing.planning.model import (
    Choice,
    Constant,
    Decided,
    Element,
    Field,
    Inputs,
    Material,
    Option,
    Plan,
    Question,
    Step,
    Yield,
)
from licensing.planning.plan import known_values, needed_evidence, plan, suggested_claims
from shared.schemas import Text
from tests.licensing.planning.factories import (
    APPLICANT,
    TODAY,
    evidence,
    inputs,
    item,
    kind,
    material,
    needs,
    text,
    thing,
    yields,
)

REGISTER = kind("register", "name", "address", rank=1)
CENSUS = kind("census", "name", rank=2)
ADDRESS_BOOK = kind("address-book", "name", rank=1)
NAMED = thing(
    item("a", needs("applicant.name", "register", "census", "address-book")), kinds=[REGISTER, CENSUS, ADDRESS_BOOK]
)


def name_in(given: Inputs) -> Field:
    (field,) = plan(given).fields
    return field


class TestAnElement:
    def test_that_a_department_holds_is_shown_with_its_source(self) -> None:
        field = name_in(inputs(NAMED, evidence(1, "register", claims={"name": "Ada"})))

        assert (field.state, field.value, field.asked) == ("known", "Ada", False)
        assert field.source is not None
        assert (field.source.evidence_kind, field.source.issuer, field.source.as_of) == ("register", "registry", TODAY)

    def test_that_nobody_holds_is_asked_and_says_why(self) -> None:
        field = name_in(inputs(NAMED))

        assert (field.state, field.asked) == ("missing", True)
        assert field.why is not None
        assert field.why.en == "No department holds this; it is needed for: a"

    def test_that_sources_of_equal_authority_contradict_is_asked(self) -> None:
        pieces = [evidence(1, "register", claims={"name": "Ada"}), evidence(2, "address-book", claims={"name": "Eda"})]

        field = name_in(inputs(NAMED, *pieces))

        assert (field.state, field.value, field.source, field.asked) == ("conflicting", None, None, True)

    def test_is_taken_from_the_better_rank_where_ranks_contradict(self) -> None:
        pieces = [evidence(1, "census", claims={"name": "Eda"}), evidence(2, "register", claims={"name": "Ada"})]

        assert name_in(inputs(NAMED, *pieces)).value == "Ada"

    def test_is_taken_from_the_authoritative_kind_whatever_its_rank(self) -> None:
        court = kind("court", "name", rank=9, best=["name"])
        definition = thing(item("a", needs("applicant.name", "register", "court")), kinds=[REGISTER, court])
        pieces = [evidence(1, "register", claims={"name": "Eda"}), evidence(2, "court", claims={"name": "Ada"})]

        assert name_in(inputs(definition, *pieces)).value == "Ada"

    def test_is_never_read_from_a_kind_that_the_item_may_not_read(self) -> None:
        definition = thing(item("a", needs("applicant.name", "census")), kinds=[REGISTER, CENSUS])

        assert name_in(inputs(definition, evidence(1, "register", claims={"name": "Ada"}))).state == "missing"

    @pytest.mark.parametrize(
        "ended", [{"in_force": False}, {"valid_until": TODAY - timedelta(days=1)}], ids=["revoked", "expired"]
    )
    def test_is_not_known_from_evidence_that_is_no_longer_in_force(self, ended: dict[str, bool | date]) -> None:
        piece = evidence(1, "register", claims={"name": "Ada"}, **ended)  # type: ignore[arg-type]  # one of two keys

        assert name_in(inputs(NAMED, piece)).state == "missing"

    def test_is_known_on_the_last_day_of_its_evidence(self) -> None:
        assert (
            name_in(inputs(NAMED, evidence(1, "register", claims={"name": "Ada"}, valid_until=TODAY))).state == "known"
        )

    def test_that_was_answered_is_known_from_the_applicant(self) -> None:
        field = name_in(inputs(NAMED, answers={"applicant.name": "Ada"}))

        assert (field.state, field.value, field.asked) == ("known", "Ada", False)
        assert field.source is not None
        assert field.source.kind == "applicant"

    def test_that_a_department_holds_is_not_changed_by_an_answer(self) -> None:
        piece = evidence(1, "register", claims={"name": "Ada"})

        assert name_in(inputs(NAMED, piece, answers={"applicant.name": "Eda"})).value == "Ada"

    def test_that_a_silent_source_may_hold_can_be_answered_but_blocks_nothing(self) -> None:
        field = name_in(inputs(NAMED, unavailable=["register"]))

        assert (field.state, field.answerable, field.required) == ("unavailable", True, False)

    def test_that_another_source_holds_is_known_though_one_is_silent(self) -> None:
        piece = evidence(1, "census", claims={"name": "Ada"})

        assert name_in(inputs(NAMED, piece, unavailable=["register"])).state == "known"

    def test_that_is_the_applicants_to_decide_is_asked_whatever_is_held(self) -> None:
        definition = thing(item("a", needs("applicant.name", "register", always_ask=True)), kinds=[REGISTER])

        assert name_in(inputs(definition, evidence(1, "register", claims={"name": "Ada"}))).asked

    def test_that_two_items_need_is_asked_once_for_both(self) -> None:
        definition = thing(item("a", needs("applicant.name", ask=True)), item("b", needs("applicant.name", ask=True)))

        assert name_in(inputs(definition)).serves == ("a", "b")

    def test_of_a_role_that_nobody_takes_is_not_needed(self) -> None:
        definition = thing(item("a", needs("father.name", ask=True)), roles=["applicant", "father"])

        assert plan(inputs(definition)).fields == ()


class TestAStaleElement:
    OLD = thing(
        item("a", needs("applicant.name", "register", "census")),
        kinds=[kind("register", "name", fresh_days=30), kind("census", "name", rank=2)],
    )
    LONG_AGO = evidence(1, "register", as_of=TODAY - timedelta(days=31), claims={"name": "Ada"})

    def test_is_shown_and_must_be_confirmed(self) -> None:
        field = name_in(inputs(self.OLD, self.LONG_AGO))

        assert (field.state, field.value, field.asked, field.required) == ("stale", "Ada", False, True)

    def test_is_known_again_once_confirmed(self) -> None:
        assert name_in(inputs(self.OLD, self.LONG_AGO, answers={"applicant.name": "Ada"})).state == "known"

    def test_is_known_where_fresh_evidence_of_lower_rank_agrees(self) -> None:
        field = name_in(inputs(self.OLD, self.LONG_AGO, evidence(2, "census", claims={"name": "Ada"})))

        assert field.state == "known"
        assert field.source is not None
        assert field.source.evidence_kind == "census"

    def test_stays_fresh_through_its_last_day(self) -> None:
        piece = evidence(1, "register", as_of=TODAY - timedelta(days=30), claims={"name": "Ada"})

        assert name_in(inputs(self.OLD, piece)).state == "known"


class TestADispute:
    HELD = evidence(1, "register", claims={"name": "Ada"})

    def test_makes_the_applicants_version_prevail(self) -> None:
        """Z-REG Art 7."""
        field = name_in(inputs(NAMED, self.HELD, disputes=["applicant.name"], answers={"applicant.name": "Eda"}))

        assert (field.state, field.value, field.disputed) == ("known", "Eda", True)
        assert field.source is not None
        assert field.source.kind == "applicant"

    def test_without_another_version_asks_for_one(self) -> None:
        field = name_in(inputs(NAMED, self.HELD, disputes=["applicant.name"]))

        assert (field.value, field.asked) == (None, True)


class TestTheYieldOfAnotherItem:
    CHAIN = thing(
        item("second", needs("applicant.address", "register"), material("register")),
        item("first", gives=[Yield("register", "record", "applicant", {"address": Decided()})]),
        kinds=[REGISTER],
    )

    def test_comes_first_whatever_the_order_of_the_list(self) -> None:
        steps = plan(inputs(self.CHAIN)).steps

        assert [(step.item, step.waits_for) for step in steps] == [("first", ()), ("second", ("first",))]
        assert steps[1].awaits == (Material("register", "applicant"),)

    def test_spares_the_applicant_the_question(self) -> None:
        made = plan(inputs(self.CHAIN))

        assert made.fields == ()
        assert (made.counts.elements, made.counts.asked, made.counts.reused) == (1, 0, 1)

    def test_is_not_waited_for_where_it_is_held_already(self) -> None:
        made = plan(inputs(self.CHAIN, evidence(1, "register", claims={"address": "Yiwu"})))

        assert [step.waits_for for step in made.steps] == [(), ()]
        assert made.materials[0].state == "held"

    def test_gains_nothing_where_the_item_only_passes_on_what_it_needs_itself(self) -> None:
        passing = thing(
            item("a", needs("applicant.name", ask=True), gives=[yields("register", "applicant.name")]),
            item("b", needs("applicant.name", "register")),
            kinds=[REGISTER],
        )
        made = plan(inputs(passing))

        assert [step.waits_for for step in made.steps] == [(), ()]
        assert [field.serves for field in made.fields] == [("a", "b")]

    def test_days_add_up_along_the_longest_wait_only(self) -> None:
        definition = thing(
            item("first", gives=[yields("register", "applicant.name")], days=3),
            item("short", material("register"), days=1),
            item("long", material("register"), days=5),
            kinds=[REGISTER],
        )

        assert plan(inputs(definition)).promised_days == 8

    def test_the_longest_chain_of_several_counts(self) -> None:
        steps = (step("a", 3), step("b", 5, "a"), step("c", 1, "b"), step("d", 2, "a"))
        assert replace(plan(inputs(thing(item("a")))), steps=steps).promised_days == 9

    def test_without_steps_it_is_today(self) -> None:
        assert replace(plan(inputs(thing(item("a")))), steps=()).promised_days == 0


def step(code: str, days: int, *waits_for: str) -> Step:
    return Step(code, Text(zh="事项", en="Item"), "department", waits_for, (), days, None, 0)


class TestAMaterial:
    ONE = thing(
        item("a", material("register", commitment=True)),
        item("b", material("register", commitment=True)),
        kinds=[REGISTER],
    )

    def state(self, given: Inputs) -> str:
        (planned,) = plan(given).materials
        return planned.state

    def test_is_held_where_its_newest_evidence_is_shown(self) -> None:
        older = evidence(1, "register", as_of=TODAY - timedelta(days=9))
        (planned,) = plan(inputs(self.ONE, evidence(2, "register"), older)).materials

        assert planned.state == "held"
        assert planned.source is not None
        assert planned.source.as_of == TODAY

    def test_is_asked_once_where_nobody_holds_it(self) -> None:
        made = plan(inputs(self.ONE))

        assert [(planned.state, planned.serves) for planned in made.materials] == [("asked", ("a", "b"))]
        assert made.counts.materials_asked == 1

    def test_is_waived_by_a_commitment_that_every_item_allows(self) -> None:
        assert self.state(inputs(self.ONE, commitments=[Material("register", "applicant")])) == "waived"

    def test_is_not_waived_where_one_item_allows_no_commitment(self) -> None:
        strict = thing(
            item("a", material("register", commitment=True)), item("b", material("register")), kinds=[REGISTER]
        )

        assert self.state(inputs(strict, commitments=[Material("register", "applicant")])) == "asked"

    def test_is_awaited_where_its_source_is_silent(self) -> None:
        assert self.state(inputs(self.ONE, unavailable=["register"])) == "awaited"


class TestASituation:
    QUESTION = Question("pet", text("pet"), (Option("yes", text("yes")), Option("no", text("no"))), default="no")
    PETS = thing(
        item("a", needs("applicant.name", ask=True)),
        item("b", needs("applicant.pet", ask=True), when={"pet": "yes"}),
        questions=[QUESTION],
    )

    def test_has_its_default_until_it_is_answered(self) -> None:
        made = plan(inputs(self.PETS))

        assert made.situation == {"pet": "no"}
        assert [step.item for step in made.steps] == ["a"]

    def test_brings_in_what_it_needs_and_nothing_else(self) -> None:
        made = plan(inputs(self.PETS, situation={"pet": "yes"}))

        assert [str(field.element) for field in made.fields] == ["applicant.name", "applicant.pet"]

    @pytest.mark.parametrize("given", [{"pet": "maybe"}, {"car": "yes"}])
    def test_that_the_thing_does_not_offer_is_refused(self, given: dict[str, str]) -> None:
        with pytest.raises(SituationNotOffered):
            plan(inputs(self.PETS, situation=given))


class TestWhatToAskTheSources:
    def test_is_every_kind_that_may_be_read_and_every_material_in_one_batch(self) -> None:
        definition = thing(item("a", needs("applicant.name", "census"), material("register")), kinds=[REGISTER, CENSUS])

        assert needed_evidence(definition, bindings={"applicant": APPLICANT}, situation={}) == {
            APPLICANT: frozenset({"census", "register"})
        }


class TestSuggestedClaims:
    def test_follow_from_what_is_known_and_leave_the_rest_to_the_officer(self) -> None:
        result = Yield(
            "register",
            "record",
            "applicant",
            {
                "name": Element("applicant", "name"),
                "address": Choice(Element("applicant", "choice"), {"here": Element("applicant", "home")}),
                "scheme": Constant("resident"),
                "amount": Decided(),
                "unknown": Element("applicant", "unknown"),
            },
        )
        known = {
            Element("applicant", "name"): "Ada",
            Element("applicant", "choice"): "here",
            Element("applicant", "home"): "Yiwu",
        }

        assert suggested_claims(result, known=known) == {"name": "Ada", "address": "Yiwu", "scheme": "resident"}

    def test_come_from_evidence_and_answers_alike(self) -> None:
        definition = thing(
            item("a", needs("applicant.name", "register"), needs("applicant.choice", ask=True)), kinds=[REGISTER]
        )
        made: Plan = plan(
            inputs(definition, evidence(1, "register", claims={"name": "Ada"}), answers={"applicant.choice": "here"})
        )

        assert known_values(made) == {Element("applicant", "name"): "Ada", Element("applicant", "choice"): "here"}

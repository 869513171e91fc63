"""Clocks, notices, numbers, claims and blocked cases, as verdicts."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue

from licensing.calendar.rules import is_weekday
from licensing.cases.errors import ClaimsIncomplete, ClaimsNotOfYield, ClaimsNotValid, DenialWithoutReasons
from licensing.cases.model import MOVES, Act, Case, State
from licensing.cases.model.plan import ClaimOrigin
from licensing.cases.rules import (
    Clocks,
    Pause,
    blocked_cases,
    case_number,
    check_denial,
    clocks,
    frozen_yields,
    is_alive,
    known_values,
    suggested,
)
from licensing.planning.model import Choice, Constant, Decided, Element
from tests.licensing.calendar.test_rules import KNOWN
from tests.licensing.cases import factories
from tests.licensing.cases.factories import case_of

ACCEPTED = date(2026, 3, 2)
PAUSED = Pause(date(2026, 3, 10), date(2026, 3, 18))


class TestClocks:
    def test_both_run_in_working_days_from_the_day_after_acceptance(self) -> None:
        both = clocks(ACCEPTED, promised_days=3, legal_days=20, known=KNOWN)
        assert both == Clocks(date(2026, 3, 5), date(2026, 3, 30), provisional=False)

    def test_a_suspension_shifts_both_by_its_working_days(self) -> None:
        both = clocks(ACCEPTED, promised_days=10, legal_days=20, pauses=[PAUSED], known=KNOWN)
        assert both == Clocks(date(2026, 3, 24), date(2026, 4, 8), provisional=False)

    def test_two_suspensions_add_up(self) -> None:
        once = clocks(ACCEPTED, promised_days=10, legal_days=20, pauses=[PAUSED], known=KNOWN)
        twice = clocks(
            ACCEPTED,
            promised_days=10,
            legal_days=20,
            pauses=[PAUSED, Pause(date(2026, 3, 20), date(2026, 3, 23))],
            known=KNOWN,
        )
        assert twice.promised_on == once.promised_on + timedelta(days=1)

    def test_an_extension_moves_the_legal_limit_and_leaves_the_promise(self) -> None:
        both = clocks(ACCEPTED, promised_days=3, legal_days=20, extended_days=6, known=KNOWN)
        assert both == Clocks(date(2026, 3, 5), date(2026, 4, 8), provisional=False)

    def test_the_shorter_limit_binds(self) -> None:
        assert clocks(ACCEPTED, promised_days=3, legal_days=20, known=KNOWN).binding_on == date(2026, 3, 5)
        assert clocks(ACCEPTED, promised_days=30, legal_days=20, known=KNOWN).binding_on == date(2026, 3, 30)

    def test_they_are_provisional_when_one_reaches_into_an_unpublished_year(self) -> None:
        assert clocks(date(2026, 12, 28), promised_days=2, legal_days=20, known=KNOWN).provisional

    def test_they_become_final_when_the_year_is_published(self) -> None:
        next_year = {date(2027, 1, 1) + timedelta(days=n): True for n in range(60)}
        final = clocks(date(2026, 12, 28), promised_days=2, legal_days=20, known={**KNOWN, **next_year})
        assert not final.provisional
        assert final.legal_on == date(2027, 1, 17)

    def test_an_immediate_item_is_due_on_the_day_it_is_accepted(self) -> None:
        assert clocks(ACCEPTED, promised_days=0, legal_days=20, known=KNOWN).binding_on == ACCEPTED


class TestNumbers:
    def test_a_number_has_21_digits_and_begins_with_region_and_day(self) -> None:
        number = case_number(region="330782", department="public-security", channel=1, on=ACCEPTED, serial=42)
        assert len(number) == 21
        assert number.isdigit()
        assert number.startswith("330782")
        assert number.endswith("1260302000042")

    def test_a_department_has_the_same_two_digits_every_day(self) -> None:
        digits = {
            case_number(region="330782", department="tax", channel=1, on=ACCEPTED + timedelta(days=n), serial=n)[6:8]
            for n in range(5)
        }
        assert len(digits) == 1


class TestClaims:
    def test_what_was_confirmed_and_answered_is_known(self) -> None:
        plan = factories.birth_certificate()
        known = known_values(plan, answers=plan.answers, upstream=[])
        assert suggested(plan.yields[0], known=known) == {
            "name": "王小满",
            "birth-date": "2026-02-27",
            "mother-name": "王示范",
        }

    def test_what_an_earlier_case_yielded_is_known_for_every_role_of_its_party(self) -> None:
        earlier = factories.birth_certificate()
        (frozen,) = frozen_yields(
            earlier,
            known=known_values(earlier, answers=earlier.answers, upstream=[]),
            stated={},
            decided_on=ACCEPTED,
        )
        plan = factories.registration()
        known = known_values(plan, answers={}, upstream=[frozen])
        assert known[Element("child", "birth-date")] == "2026-02-27"

    def test_an_answer_prevails_over_what_was_held(self) -> None:
        plan = factories.birth_certificate()
        known = known_values(plan, answers={"mother.name": "王更正"}, upstream=[])
        assert known[Element("mother", "name")] == "王更正"

    def test_what_only_the_department_can_state_must_be_stated(self) -> None:
        plan = factories.registration()
        known = {Element("child", "name"): "王小满", Element("child", "birth-date"): "2026-02-27"}
        with pytest.raises(ClaimsIncomplete) as refusal:
            frozen_yields(plan, known=known, stated={}, decided_on=ACCEPTED)
        assert refusal.value.members["missing"] == ["0.number"]

    def test_nothing_need_be_said_of_a_role_that_nobody_has(self) -> None:
        plan = factories.birth_certificate()
        known = known_values(plan, answers=plan.answers, upstream=[])
        (frozen,) = frozen_yields(plan, known=known, stated={}, decided_on=ACCEPTED)
        assert "father-name" not in frozen.claims

    def test_what_the_officer_states_prevails(self) -> None:
        plan = factories.birth_certificate()
        known = known_values(plan, answers=plan.answers, upstream=[])
        (frozen,) = frozen_yields(plan, known=known, stated={0: {"name": "王大满"}}, decided_on=ACCEPTED)
        assert frozen.claims["name"] == "王大满"

    @pytest.mark.parametrize("name", [{"$gt": ""}, True, "x" * 51, ["王"], "王\u202e"])
    def test_what_the_officer_states_has_the_form_that_the_vocabulary_gives_it(self, name: JsonValue) -> None:
        plan = factories.birth_certificate()
        named: dict[str, JsonValue] = {"type": "string", "maxLength": 50}
        (result,) = plan.yields
        plan = plan.model_copy(update={"yields": (result.model_copy(update={"forms": {"name": named}}),)})
        known = known_values(plan, answers=plan.answers, upstream=[])
        with pytest.raises(ClaimsNotValid) as refusal:
            frozen_yields(plan, known=known, stated={0: {"name": name}}, decided_on=ACCEPTED)
        assert refusal.value.members == {"claims": ["0.name"]}

    @pytest.mark.parametrize("stated", [{0: {"title": "Dr"}}, {7: {"name": "x"}}, {7: {}}])
    def test_claims_that_no_result_has_are_refused(self, stated: dict[int, dict[str, JsonValue]]) -> None:
        plan = factories.birth_certificate()
        with pytest.raises(ClaimsNotOfYield):
            frozen_yields(plan, known={}, stated=stated, decided_on=ACCEPTED)

    @pytest.mark.parametrize(
        "claim",
        [
            Element("child", "name"),
            Choice(Element("child", "household-parent"), {"mother": Element("mother", "household-address")}),
            Constant("CHN"),
            Decided(),
        ],
    )
    def test_the_origin_of_a_claim_survives_being_stored(self, claim: Element | Choice | Constant | Decided) -> None:
        stored = ClaimOrigin.of(claim).model_dump_json()
        assert ClaimOrigin.model_validate_json(stored).claim() == claim


class TestDenials:
    @pytest.mark.parametrize(("reasons", "remedies"), [(None, "r"), ("r", None), ("", "r"), ("r", ""), (None, None)])
    def test_a_denial_states_reasons_and_remedies(self, reasons: str | None, remedies: str | None) -> None:
        with pytest.raises(DenialWithoutReasons):
            check_denial(reasons=reasons, remedies=remedies)


class TestBlocking:
    """Four cases of a newborn, of which the first is refused."""

    def test_a_refusal_blocks_what_waits_for_its_result_and_what_waits_for_that_in_turn(self) -> None:
        cases = newborn_refused()
        assert blocked_cases(cases, unmet=unmet(cases)) == [case.id for case in cases[1:]]

    def test_what_has_been_met_already_is_not_blocked(self) -> None:
        assert blocked_cases(newborn_refused(), unmet={}) == []

    def test_another_way_keeps_a_case_waiting(self) -> None:
        cases = [*newborn_refused(), case_of(factories.birth_certificate(), state=State.ACCEPTED)]
        assert blocked_cases(cases, unmet=unmet(cases)) == []

    def test_what_no_case_was_to_yield_may_still_come(self) -> None:
        cases = newborn_refused()[1:]
        assert blocked_cases(cases, unmet=unmet(cases)) == []

    def test_a_case_that_is_no_longer_waiting_is_left_alone(self) -> None:
        cases = newborn_refused()
        cases[1] = case_of(factories.registration(), state=State.ACCEPTED)
        assert blocked_cases(cases, unmet=unmet(cases)) == []

    @pytest.mark.parametrize(
        ("state", "outcome", "alive"),
        [
            (State.WAITING, None, True),
            (State.SUSPENDED, None, True),
            (State.DECIDED, "granted", True),
            (State.CONCLUDED, "granted", True),
            (State.CONCLUDED, "denied", False),
            (State.REFUSED, None, False),
            (State.WITHDRAWN, None, False),
            (State.BLOCKED, None, False),
        ],
    )
    def test_a_result_can_come_of_open_and_granted_cases_only(
        self, state: State, outcome: str | None, alive: bool
    ) -> None:
        assert is_alive(state, outcome) is alive


def newborn_refused() -> list[Case]:
    first, *rest = factories.newborn()
    return [case_of(first, state=State.REFUSED), *(case_of(plan) for plan in rest)]


def unmet(cases: list[Case]) -> dict[UUID, list[tuple[str, UUID]]]:
    return {case.id: [(need.kind, need.party) for need in case.planned.waits_for] for case in cases}


def test_weekdays_are_monday_to_friday() -> None:
    assert [is_weekday(ACCEPTED + timedelta(days=n)) for n in range(7)] == [True] * 5 + [False] * 2


def test_the_acts_of_the_table_are_all_used() -> None:
    assert {act for _, act in MOVES} == set(Act)

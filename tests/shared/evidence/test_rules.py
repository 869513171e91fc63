"""Who may read what, as a pure verdict."""

from datetime import timedelta

import pytest

from shared.contracts.evidence import Evidence, Want
from shared.evidence.rules import SharingTable, minimised, pairs, refusal
from tests.shared.evidence.grants import AT, BIRTH, CARD, CHILD, READER, RECORD, RULES, STRANGER, a_grant

TABLE = SharingTable(RULES)
WANT = Want(party=CHILD, kinds=[BIRTH])


class TestTheGrant:
    def test_lets_its_reader_read_what_it_names(self) -> None:
        assert refusal(a_grant(), reader=READER, wants=[WANT], at=AT) is None

    @pytest.mark.parametrize("reader", ["tax", "licensing", None])
    def test_is_of_no_use_to_another_reader(self, reader: str | None) -> None:
        assert refusal(a_grant(), reader=reader, wants=[WANT], at=AT) == "another-reader"

    @pytest.mark.parametrize("hours", [-1, 25])
    def test_holds_only_in_its_time(self, hours: int) -> None:
        assert refusal(a_grant(), reader=READER, wants=[WANT], at=AT + timedelta(hours=hours)) == "expired"

    def test_reaches_no_other_party_even_in_a_batch(self) -> None:
        wants = [WANT, Want(party=STRANGER, kinds=[BIRTH])]
        assert refusal(a_grant(), reader=READER, wants=wants, at=AT) == "party-outside-grant"

    def test_reaches_no_other_kind_even_in_a_batch(self) -> None:
        wants = [Want(party=CHILD, kinds=[BIRTH, CARD])]
        assert refusal(a_grant(), reader=READER, wants=wants, at=AT) == "kind-outside-grant"

    @pytest.mark.parametrize(
        ("signer", "purpose"), [("identity", "case"), ("identity", "draft"), ("licensing", "duty"), ("records", "case")]
    )
    def test_counts_only_from_who_may_sign_for_that_purpose(self, signer: str, purpose: str) -> None:
        grant = a_grant(iss=signer, purpose=purpose)
        assert refusal(grant, reader=READER, wants=[WANT], at=AT) == "not-genuine"


class TestTheRules:
    def test_name_what_a_reader_may_see_for_an_item(self) -> None:
        assert TABLE.allowed_attributes(a_grant(), kind=BIRTH, region="330782") == frozenset({"name", "birth-date"})

    def test_add_up_over_the_items_of_a_grant(self) -> None:
        grant = a_grant(items=("household-registration", "moving"))
        assert TABLE.allowed_attributes(grant, kind=BIRTH, region="330782") == frozenset({"name", "birth-date", "sex"})
        assert TABLE.allowed_attributes(grant, kind=BIRTH, region="331121") == frozenset({"name", "birth-date"})

    def test_do_not_reach_a_party_who_lives_elsewhere(self) -> None:
        assert TABLE.allowed_attributes(a_grant(items=("moving",)), kind=BIRTH, region="331121") is None

    def test_may_tell_only_that_evidence_exists(self) -> None:
        assert TABLE.allowed_attributes(a_grant(items=("moving",)), kind=CARD, region="330782") == frozenset()

    @pytest.mark.parametrize(
        "changes", [{"sub": "tax"}, {"items": ("moving-house",)}, {"items": ()}, {"sub": "licensing"}]
    )
    def test_deny_by_default(self, changes: dict[str, object]) -> None:
        assert not TABLE.entitles(a_grant(**changes), kind=BIRTH)
        assert TABLE.allowed_attributes(a_grant(**changes), kind=BIRTH, region="330782") is None


def test_evidence_is_minimised_to_the_allowed_attributes() -> None:
    evidence = Evidence(
        id=CHILD,
        type="certificate",
        kind=BIRTH,
        party=CHILD,
        issuer="health-commission",
        as_of=AT.date(),
        state="valid",
        claims={"name": "n", "sex": "f"},
    )
    assert minimised(evidence, frozenset({"name", "birth-date"})).claims == {"name": "n"}
    assert minimised(evidence, frozenset()).claims == {}


def test_wants_become_parallel_arrays_without_repeats_and_without_others_kinds() -> None:
    wants = [
        Want(party=CHILD, kinds=[BIRTH, RECORD, BIRTH]),
        Want(party=CHILD, kinds=[BIRTH]),
        Want(party=STRANGER, kinds=[CARD]),
    ]
    assert pairs(wants, kinds=frozenset({BIRTH, CARD})) == ([CHILD, STRANGER], [BIRTH, CARD])

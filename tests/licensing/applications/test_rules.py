"""The verdicts about drafts and applications, without anything around them."""

from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from licensing.applications.model import Application, Entry, Happened
from licensing.applications.rules.evidence import fingerprint, reread
from licensing.applications.rules.masking import masked
from licensing.applications.rules.progress import (
    application_number,
    check_digit,
    entries,
    read_seen,
    seen_text,
    state_of,
    unseen,
)
from licensing.cases.model import CaseSummary, Outcome, State
from tests.licensing.applications.factories import family_evidence

AT = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


def case(state: State, outcome: Outcome | None = None) -> CaseSummary:
    return CaseSummary(
        id=UUID(int=1),
        number="1",
        application=UUID(int=2),
        item="item",
        department="department",
        region="330782",
        state=state,
        outcome=outcome,
        version=1,
        opened_at=AT,
        received_at=None,
        promised_on=None,
        legal_on=None,
        provisional=False,
        overdue_at=None,
        officer=None,
        ended_at=None,
    )


GRANTED, DENIED = case(State.CONCLUDED, "granted"), case(State.CONCLUDED, "denied")
REFUSED, WITHDRAWN, BLOCKED = case(State.REFUSED), case(State.WITHDRAWN), case(State.BLOCKED)


class TestState:
    @pytest.mark.parametrize(
        ("cases", "state"),
        [
            ([GRANTED, GRANTED], "completed"),
            ([GRANTED, DENIED], "partly-completed"),
            ([GRANTED, REFUSED, BLOCKED], "partly-completed"),
            ([GRANTED, WITHDRAWN], "partly-completed"),
            ([DENIED], "partly-completed"),
            ([WITHDRAWN, WITHDRAWN], "withdrawn"),
            ([WITHDRAWN, BLOCKED], "withdrawn"),
            ([GRANTED, case(State.DECIDED, "granted")], "submitted"),
            ([WITHDRAWN, case(State.WAITING)], "submitted"),
        ],
    )
    def test_follows_from_the_cases(self, cases: list[CaseSummary], state: str) -> None:
        assert {state_of(list(order)) for order in permutations(cases)} == {state}


class TestNumber:
    def test_has_25_digits(self) -> None:
        number = application_number(region="330782", on=AT.date(), serial=7)
        assert number[:-1] == "330782" + "260311" + "000000000007"
        assert len(number) == 25

    def test_check_digit_is_that_of_the_standard(self) -> None:
        assert check_digit("0794") == "5"  # the example of ISO 7064 for MOD 11,10

    @given(st.text("0123456789", min_size=1, max_size=30), st.integers(0, 29), st.integers(1, 9))
    def test_check_digit_finds_every_wrong_digit(self, digits: str, place: int, shift: int) -> None:
        place %= len(digits)
        wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
        assert check_digit(wrong) != check_digit(digits)


class TestMasking:
    @pytest.mark.parametrize(
        ("value", "schema", "shown"),
        [
            ("赵建国", {"type": "string", "maxLength": 50}, "赵***"),
            ("赵", {"type": "string"}, "***"),
            ("female", {"type": "string", "enum": ["female", "male"]}, "***"),
            ("1892-05-01", {"type": "string", "format": "date"}, "***"),
            ("6222000000000001", {"type": "string", "pattern": "^[0-9]+$"}, "***"),
            (3250, {"type": "integer"}, "***"),
            (True, {"type": "boolean"}, "***"),
        ],
    )
    def test_shows_the_first_sign_of_free_text_and_nothing_else(
        self, value: JsonValue, schema: dict[str, JsonValue], shown: str
    ) -> None:
        assert masked(value, schema=schema, sensitive=True) == shown

    @given(st.text(min_size=2))
    def test_never_shows_more_than_one_sign(self, value: str) -> None:
        assert masked(value, schema={"type": "string"}, sensitive=True) == value[0] + "***"

    def test_shows_nothing_of_a_text_from_a_small_set(self) -> None:
        assert masked("汉族", schema={"type": "string", "maxLength": 20}, sensitive=False) == "***"


class TestFingerprint:
    def test_does_not_depend_on_the_order_of_answers(self) -> None:
        evidence = family_evidence()
        assert fingerprint(evidence, unavailable=["a", "b"]) == fingerprint(evidence[::-1], unavailable=["b", "a"])

    def test_changes_with_what_is_said_what_is_gone_and_who_is_silent(self) -> None:
        evidence = family_evidence()
        other = [evidence[0].model_copy(update={"claims": {"sex": "male"}}), *evidence[1:]]
        variants = [
            fingerprint(evidence, unavailable=()),
            fingerprint(other, unavailable=()),
            fingerprint(evidence[1:], unavailable=()),
            fingerprint(evidence, unavailable=["birth-record"]),
        ]
        assert len(set(variants)) == 4

    def test_is_the_same_when_a_source_merely_fell_silent(self) -> None:
        before = family_evidence()
        after, unavailable = reread([], unavailable=_kinds(), before=before, unavailable_before=())
        assert fingerprint(after, unavailable=unavailable) == fingerprint(before, unavailable=())


def _kinds() -> set[str]:
    return {piece.kind for piece in family_evidence()}


def happened(track: int, act: str, *, by: str = "officer", state: str = "accepted") -> Happened:
    return Happened(UUID(int=track), f"item-{track}", "department", AT, act, state, by, AT)


SUBMITTED = Application(
    id=UUID(int=99),
    number="1",
    version=1,
    draft=UUID(int=98),
    applicant=UUID(int=97),
    app="app",
    thing="thing",
    region="330782",
    applicant_region="330782",
    release=1,
    delivery="electronic",
    state="submitted",
    submitted_at=AT,
    ended_at=None,
)


class TestProgress:
    def test_opens_with_how_each_case_began(self) -> None:
        acts = [happened(1, "receive", by="applicant", state="received"), Happened(UUID(int=2), "item-2", "d", AT)]
        opened = entries(SUBMITTED, acts)
        assert [(entry.track, entry.state) for entry in opened] == [(0, "submitted"), (1, "received"), (2, "waiting")]

    @given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.data())
    def test_tells_each_entry_once_wherever_it_is_cut(self, tracks: list[int], data: st.DataObject) -> None:
        whole = [Entry(track, f"{number}", "state", AT) for number, track in enumerate([*range(4), *tracks])]
        cut = data.draw(st.integers(0, len(whole) - 1))
        first = list(unseen(whole[: cut + 1], ()))
        seen = read_seen(seen_text(first[-1][0])) if len(first[-1][0]) == 4 else ()
        rest = list(unseen(whole, seen))
        told = [entry for _, entry in first if seen] + [entry for _, entry in rest]
        assert sorted(entry.act for entry in told) == sorted(entry.act for entry in whole)

    def test_misses_nothing_that_became_visible_late(self) -> None:
        early, late = Entry(1, "a", "s", AT), Entry(2, "b", "s", AT)
        start = [Entry(0, "submit", "s", AT), Entry(1, "o", "s", AT), Entry(2, "o", "s", AT)]
        (*_, (seen, _)) = unseen([*start, late], ())
        assert [entry for _, entry in unseen([*start, early, late], seen)] == [early]

    @pytest.mark.parametrize("text", [None, "", "x", "1.x", "-1", "1 2", "９", "1" * 300])
    def test_reads_what_it_did_not_write_as_nothing_seen(self, text: str | None) -> None:
        assert list(unseen([Entry(0, "submit", "s", AT)], read_seen(text)))

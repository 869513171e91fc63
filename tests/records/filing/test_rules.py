"""What may be filed, by the catalogue alone."""

from datetime import date
from typing import Any

import pytest

from records.filing.errors import ClaimsNotValid, DateNotFitting, KindNotKnown, NotTheIssuer
from records.filing.rules import FilingRules, valid_from_for
from tests.records.world import BIRTH, CLAIMS, PAGE, RULES

FILING = FilingRules(RULES)
TODAY = date(2026, 3, 11)


def refused(claims: dict[str, Any]) -> list[dict[str, str]]:
    with pytest.raises(ClaimsNotValid) as refusal:
        FILING.check_claims(FILING.kind_for(BIRTH, issuer="hospital"), claims)
    errors: Any = refusal.value.members["errors"]
    return list(errors)


def test_the_issuer_of_a_kind_may_file_it() -> None:
    assert FILING.kind_for(BIRTH, issuer="hospital").code == BIRTH


@pytest.mark.parametrize("department", ["tax", "health-commission", None])
def test_nobody_else_may(department: str | None) -> None:
    with pytest.raises(NotTheIssuer):
        FILING.kind_for(BIRTH, issuer=department)


@pytest.mark.parametrize("kind", ["no-such-kind", PAGE])
def test_a_kind_that_is_no_record_is_not_known(kind: str) -> None:
    with pytest.raises(KindNotKnown):
        FILING.kind_for(kind, issuer="public-security")


def test_some_of_a_kinds_attributes_are_enough() -> None:
    FILING.check_claims(FILING.kind_for(BIRTH, issuer="hospital"), CLAIMS)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_repeated() -> None:
    errors = refused({"sex": "SECRET", "birth-date": "2025-02-29", "SECRET": 1})
    assert [error["pointer"] for error in errors] == ["/body/claims", "/body/claims/sex", "/body/claims/birth-date"]
    assert "SECRET" not in str(errors)


def test_a_record_says_something() -> None:
    assert [error["pointer"] for error in refused({})] == ["/body/claims"]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("birth-date", "2025-02-29"),
        ("birth-date", "0000-00-00"),
        ("birth-date", "2026-03-01T00:00:00"),
        ("birth-date", 1772323200),
        ("birth-date", "2026-03-01\n"),
        ("birth-weight-grams", 3200.5),
        ("birth-weight-grams", "3200"),
        ("birth-weight-grams", 10**30),
        ("birth-weight-grams", True),
        ("birth-weight-grams", -1),
        ("sex", {"$gt": ""}),
        ("sex", None),
        ("birth-place", "x" * 101),
        ("birth-place", ["a"]),
        ("birth-place", "a\u202eb"),
        ("birth-place", "a\u200bb"),
    ],
)
def test_a_value_outside_the_vocabulary_is_refused(attribute: str, value: object) -> None:
    assert [error["pointer"] for error in refused({attribute: value})] == [f"/body/claims/{attribute}"]


def test_a_record_is_in_force_from_today_unless_said_otherwise() -> None:
    assert valid_from_for(None, today=TODAY) == TODAY
    assert valid_from_for(date(1890, 1, 1), today=TODAY) == date(1890, 1, 1)


@pytest.mark.parametrize("given", [date(1, 1, 1), date(1799, 12, 31), date(2027, 3, 13), date(9999, 12, 31)])
def test_a_date_that_cannot_be_meant_is_refused(given: date) -> None:
    with pytest.raises(DateNotFitting):
        valid_from_for(given, today=TODAY)

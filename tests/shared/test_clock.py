"""Legal days: which one an instant belongs to, and when it is over."""

from datetime import UTC, date, datetime

from shared.clock import end_of, legal_date, years_later

ZONE = "Asia/Shanghai"


def test_a_legal_day_ends_at_midnight_of_the_deployments_zone() -> None:
    assert end_of(date(2026, 3, 30), ZONE) == datetime(2026, 3, 30, 16, tzinfo=UTC)


def test_the_instant_at_which_a_legal_day_is_over_belongs_to_the_next() -> None:
    assert legal_date(end_of(date(2026, 3, 30), ZONE), ZONE) == date(2026, 3, 31)


def test_a_year_after_29_february_is_28_february() -> None:
    assert years_later(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)

"""Working days of 2026 as the State Council published them (国办发明电, 4 Nov 2025), and counting over them."""

from datetime import date, timedelta

import pytest

from licensing.calendar.rules import (
    Deadline,
    KnownDays,
    Span,
    add_working_days,
    contradictions,
    days_of_year,
    missing_festivals,
    missing_years,
    working_days_between,
)

HOLIDAYS = [
    ("2026-01-01", 3, "元旦"),
    ("2026-02-15", 9, "春节"),
    ("2026-04-04", 3, "清明节"),
    ("2026-05-01", 5, "劳动节"),
    ("2026-06-19", 3, "端午节"),
    ("2026-09-25", 3, "中秋节"),
    ("2026-10-01", 7, "国庆节"),
]
MAKEUP = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def day(text: str) -> date:
    return date.fromisoformat(text)


def notice_of_2026() -> KnownDays:
    off = {day(first) + timedelta(days=n): name for first, length, name in HOLIDAYS for n in range(length)}
    on = {day(text): "调休上班" for text in MAKEUP}
    return {d.date: d.is_workday for d in days_of_year(2026, holidays=off, makeup_workdays=on)}


KNOWN = notice_of_2026()


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-01-30", 20, "2026-03-05"),
        ("2026-02-11", 20, "2026-03-17"),
        ("2026-02-11", 45, "2026-04-22"),
        ("2026-04-30", 5, "2026-05-11"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-28", 20, "2026-10-30"),
        ("2026-09-29", 10, "2026-10-19"),
        ("2026-03-02", 20, "2026-03-30"),
        ("2026-03-30", 6, "2026-04-08"),
    ],
)
def test_a_period_ends_on_its_last_working_day_and_its_first_day_does_not_count(
    start: str, days: int, end: str
) -> None:
    assert add_working_days(day(start), days, known=KNOWN) == Deadline(day(end))


@pytest.mark.parametrize("makeup", MAKEUP)
def test_a_weekend_day_that_is_worked_in_exchange_counts(makeup: str) -> None:
    assert day(makeup).weekday() >= 5
    assert add_working_days(day(makeup) - timedelta(days=1), 1, known=KNOWN).on == day(makeup)


def test_a_period_of_no_days_ends_where_it_starts() -> None:
    assert add_working_days(day("2026-03-02"), 0, known=KNOWN) == Deadline(day("2026-03-02"))


def test_a_period_that_starts_on_a_holiday_counts_from_the_next_working_day() -> None:
    assert add_working_days(day("2026-02-17"), 1, known=KNOWN).on == day("2026-02-24")


def test_a_deadline_beyond_the_loaded_years_is_provisional() -> None:
    deadline = add_working_days(day("2026-11-23"), 45, known=KNOWN)
    assert deadline.provisional
    assert deadline.on > day("2026-12-31")


def test_the_last_loaded_day_is_not_provisional() -> None:
    assert add_working_days(day("2026-12-30"), 1, known=KNOWN) == Deadline(day("2026-12-31"))


def test_a_suspension_lasts_from_the_day_after_it_starts_through_the_day_of_resumption() -> None:
    assert working_days_between(day("2026-03-10"), day("2026-03-18"), known=KNOWN) == Span(6)


def test_a_suspension_moves_the_deadline_by_the_working_days_it_lasted() -> None:
    paused = working_days_between(day("2026-03-10"), day("2026-03-18"), known=KNOWN)
    assert add_working_days(day("2026-03-02"), 20 + paused.days, known=KNOWN).on == day("2026-04-08")


def test_a_suspension_that_is_resumed_on_the_day_it_starts_lasted_no_day() -> None:
    assert working_days_between(day("2026-03-10"), day("2026-03-10"), known=KNOWN) == Span(0)


def test_a_suspension_over_unpublished_days_is_provisional() -> None:
    assert working_days_between(day("2026-12-30"), day("2027-01-05"), known=KNOWN).provisional


def test_counting_and_adding_agree() -> None:
    start = day("2026-01-15")
    for days in range(1, 200):
        end = add_working_days(start, days, known=KNOWN).on
        assert working_days_between(start, end, known=KNOWN) == Span(days)


def test_a_year_holds_every_one_of_its_days_once() -> None:
    assert len(KNOWN) == 365
    assert sum(KNOWN.values()) == 248


def test_a_day_keeps_the_name_of_its_holiday() -> None:
    (spring,) = [
        d for d in days_of_year(2026, holidays={day("2026-02-17"): "春节"}, makeup_workdays={}) if d.name is not None
    ]
    assert (spring.date, spring.is_workday, spring.name) == (day("2026-02-17"), False, "春节")


def dates(*, without: str = "") -> list[date]:
    off = [day(first) + timedelta(days=n) for first, length, _ in HOLIDAYS for n in range(length)]
    return [each for each in off if each.isoformat() != without]


def test_the_notice_of_2026_has_no_contradiction_and_no_hole() -> None:
    assert contradictions(2026, holidays=dates(), makeup_workdays=[day(text) for text in MAKEUP]) == []
    assert missing_festivals(name for *_, name in HOLIDAYS) == []


@pytest.mark.parametrize(
    ("holidays", "makeup", "wrong"),
    [
        ([*dates(), day("2027-01-01")], [], ("2027-01-01", "of-another-year")),
        (dates(), ["2026-01-02"], ("2026-01-02", "holiday-and-workday")),
        (dates(), ["2026-03-02"], ("2026-03-02", "works-anyway")),
        *((dates(without=each), [], (each, "statutory-holiday-missing")) for each in ("2026-01-01", "2026-05-02")),
    ],
)
def test_a_day_that_cannot_be_right_is_named_with_why(
    holidays: list[date], makeup: list[str], wrong: tuple[str, str]
) -> None:
    found = contradictions(2026, holidays=holidays, makeup_workdays=[day(text) for text in makeup])
    assert [(each.day.isoformat(), each.why) for each in found] == [wrong]


def test_the_second_of_may_was_a_working_day_before_2025() -> None:
    off = [date(2024, *each) for each in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))]
    assert contradictions(2024, holidays=off, makeup_workdays=[]) == []


def test_a_festival_may_share_its_days_with_another() -> None:
    named = ["元旦", "春节", "清明节", "劳动节", "端午节", "国庆节、中秋节"]
    assert missing_festivals(named) == []
    assert missing_festivals(named[1:]) == ["元旦"]


@pytest.mark.parametrize(
    ("year", "loaded", "missing"),
    [
        (2026, [], []),
        (2027, [2025, 2026], []),
        (2026, [2025, 2026], []),
        (2024, [2025], []),
        (2029, [2026], [2027, 2028]),
        (2022, [2025], [2023, 2024]),
        (2027, [2025, 2030], [2026, 2028, 2029]),
    ],
)
def test_years_are_loaded_one_beside_the_other(year: int, loaded: list[int], missing: list[int]) -> None:
    assert missing_years(year, loaded=loaded) == missing

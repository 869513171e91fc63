"""Legal days. A period counts working days only, holidays excluded (ALL Art 82), from the day after it starts.

The State Council publishes each year's holidays about two months before it begins. A day of a year that is not
loaded yet is guessed by its weekday, and whatever was counted over it is `provisional`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

ONE_DAY = timedelta(days=1)
# Regulation on Public Holidays (全国年节及纪念日放假办法) Art 2: what has a fixed date (2 May since 2025); and all
# festivals by their names, because the moon sets the dates of some.
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
SECOND_OF_MAY_SINCE = 2025
FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")

# True: the government works on that day. A day that is missing is not administered yet.
KnownDays = Mapping[date, bool]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period. `provisional`: the holidays up to it were not all published when it was counted."""

    on: date
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A number of working days."""

    days: int
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One administered day. `name` says why it differs from its weekday."""

    date: date
    is_workday: bool
    name: str | None = None


Reason = Literal["of-another-year", "holiday-and-workday", "works-anyway", "statutory-holiday-missing"]


class WrongDay(NamedTuple):
    """A day of a notice that cannot be right, or that it should have. `works-anyway`: a make-up day (调休上班) on a
    weekday.
    """

    day: date
    why: Reason


def add_working_days(start: date, days: int, *, known: KnownDays) -> Deadline:
    """The `days`-th working day after `start`; `start` itself does not count, whatever day it is."""
    on, provisional = start, False
    while days > 0:
        on += ONE_DAY
        works = known.get(on)
        provisional = provisional or works is None
        days -= _works(on, works)
    return Deadline(on, provisional)


def working_days_between(start: date, end: date, *, known: KnownDays) -> Span:
    """Working days after `start` up to and including `end`.

    This is also the convention for a suspension, which the law leaves open: it lasts from the day after it starts
    through the day of resumption.
    """
    days = [start + ONE_DAY * n for n in range(1, (end - start).days + 1)]
    return Span(sum(_works(day, known.get(day)) for day in days), any(day not in known for day in days))


def _works(day: date, known: bool | None) -> bool:
    return is_weekday(day) if known is None else known


def is_weekday(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def contradictions(year: int, *, holidays: Collection[date], makeup_workdays: Collection[date]) -> list[WrongDay]:
    """Days of a notice that cannot be right, each with why; by date."""
    off, on = set(holidays), set(makeup_workdays)
    required = {date(year, *day) for day in FIXED_HOLIDAYS if day != (5, 2) or year >= SECOND_OF_MAY_SINCE}
    found: list[tuple[Iterable[date], Reason]] = [
        ((day for day in off | on if day.year != year), "of-another-year"),
        (off & on, "holiday-and-workday"),
        ((day for day in on - off if is_weekday(day)), "works-anyway"),
        (required - off, "statutory-holiday-missing"),
    ]
    return sorted(WrongDay(day, why) for days, why in found for day in days)


def missing_festivals(names: Iterable[str]) -> list[str]:
    """The statutory festivals that no holiday of the notice is named for: its list is not whole."""
    named = "".join(names)
    return [festival for festival in FESTIVALS if festival not in named]


def missing_years(year: int, *, loaded: Collection[int]) -> list[int]:
    """Years between those that are loaded and this one: a period that runs through them would be guessed."""
    if not loaded or year in loaded:
        return []
    near = max((each for each in loaded if each < year), default=None)
    far = min((each for each in loaded if each > year), default=None)
    before = range(near + 1, year) if near is not None else ()
    after = range(year + 1, far) if far is not None else ()
    return [*before, *after]


def days_of_year(year: int, *, holidays: Mapping[date, str], makeup_workdays: Mapping[date, str]) -> Iterator[Day]:
    """Every day of a year, from the two lists that a State Council notice holds (放假, 调休上班)."""
    day = date(year, 1, 1)
    while day.year == year:
        works = day in makeup_workdays or (is_weekday(day) and day not in holidays)
        yield Day(day, works, makeup_workdays.get(day, holidays.get(day)))
        day += ONE_DAY

"""Legal days. A period counts working days only, holidays excluded (ALL Art 82), from the day after it starts.

The State Council publishes each year's holidays about two months before it begins. A day of a year that is not
loaded yet is guessed by its weekday, and whatever was counted over it is `provisional`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)

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


def misplaced_days(year: int, *, holidays: Iterable[date], makeup_workdays: Iterable[date]) -> list[date]:
    """Days of a notice that cannot be right: outside the year, or both holiday and working day."""
    off, on = set(holidays), set(makeup_workdays)
    return sorted({day for day in off | on if day.year != year} | (off & on))


def days_of_year(year: int, *, holidays: Mapping[date, str], makeup_workdays: Mapping[date, str]) -> Iterator[Day]:
    """Every day of a year, from the two lists that a State Council notice holds (放假, 调休上班)."""
    day = date(year, 1, 1)
    while day.year == year:
        works = day in makeup_workdays or (is_weekday(day) and day not in holidays)
        yield Day(day, works, makeup_workdays.get(day, holidays.get(day)))
        day += ONE_DAY

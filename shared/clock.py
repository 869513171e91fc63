"""The one place that asks what time it is. Everything below the edge is given `at`."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def seconds_apart(theirs: datetime, *, before: datetime, after: datetime) -> float:
    """By how much another clock differs at least from ours, in seconds, where it was asked between two of our instants;
    0 where it lies between them.
    """
    return max(0.0, (theirs - after).total_seconds(), (before - theirs).total_seconds())


def legal_date(at: datetime, zone: str) -> date:
    """The calendar day of an instant where the law counts days (the deployment's zone, e.g. Asia/Shanghai)."""
    return at.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The instant at which a legal day begins in the deployment's zone."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def end_of(day: date, zone: str) -> datetime:
    """The instant at which a legal day is over in the deployment's zone."""
    return start_of(day + timedelta(days=1), zone)


def years_later(day: date, years: int) -> date:
    """The same day of a later year; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)

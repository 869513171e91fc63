"""The one place that asks what time it is. Everything below the edge is given `at`."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def legal_date(at: datetime, zone: str) -> date:
    """The calendar day of an instant where the law counts days (the deployment's zone, e.g. Asia/Shanghai)."""
    return at.astimezone(ZoneInfo(zone)).date()

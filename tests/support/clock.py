"""A clock that stands still until told otherwise.

def test_something(clock: FrozenClock) -> None:
    clock.advance(days=3)
    assert clock() == clock.at
"""

from datetime import UTC, datetime, timedelta

import pytest

# A Wednesday in a week without holidays, 10:00 in Shanghai.
START = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


class FrozenClock:
    """Callable like shared.clock.now."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def set(self, at: datetime) -> None:
        self.at = at

    def advance(self, **by: float) -> datetime:
        """Move on by what timedelta takes: days=, hours=, minutes=, seconds=."""
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()

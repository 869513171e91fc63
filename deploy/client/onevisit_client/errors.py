"""Everything that this library raises."""

from collections.abc import Mapping
from typing import Any


class OneVisitError(Exception):
    """Whatever goes wrong here is one of these."""


class PlatformRefused(OneVisitError):
    """The platform answered, and said no. `code` is stable (docs/problems.md); `body` is the whole problem document."""

    def __init__(self, status: int, code: str, title: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.body = body


class PlatformUnavailable(OneVisitError):
    """No answer, or one that says to come back later. Nothing is known about whether the request had its effect."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class BusUnavailable(OneVisitError):
    """The bus cannot be reached, or this session with it is of no use any more."""


class EventNotValid(OneVisitError, ValueError):
    """What came is not an event of the platform."""


class NotAcknowledged(OneVisitError):
    """The next event was asked for before the one in hand was acknowledged or parked."""


class AlreadyApplied(OneVisitError):
    """The inbox holds this event already: somebody else noted it first, and this effect is to be undone."""


class Park(OneVisitError):
    """Raised by a handler that knows that trying again is of no use: the event is parked at once."""


class KeyNotUsable(OneVisitError):
    """The private key is not one that the platform accepts, or what signs with it is not installed."""

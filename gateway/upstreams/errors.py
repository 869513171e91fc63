"""The ways the road to a service fails."""

from gateway.limits.errors import TooMuchAtOnce
from shared.errors import TimedOut, Unavailable


class ServiceBusy(TooMuchAtOnce):
    """So many requests to this service are under way that one more would only wait."""


class ServiceTimedOut(TimedOut):
    """The service took the request and did not answer in time; whether it acted is not known."""


class ReplyBroken(Unavailable):
    """The connection ended, or spoke something else than HTTP, before the reply was whole."""

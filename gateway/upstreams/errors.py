"""The ways the road to a service fails."""

from shared.errors import TimedOut, Unavailable


class ServiceBusy(Unavailable):
    """So many requests to this service are under way that one more would only wait."""

    code = "overloaded"
    title_en = "Too much is being asked at once; try again"
    title_zh = "当前请求过多，请稍后再试"


class ServiceTimedOut(TimedOut):
    """The service took the request and did not answer in time; whether it acted is not known."""


class ReplyBroken(Unavailable):
    """The connection ended, or spoke something else than HTTP, before the reply was whole."""

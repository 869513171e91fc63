"""The ways of saying: not so much."""

from shared.errors import TooManyRequests, Unavailable


class AllowanceSpent(TooManyRequests):
    """This caller's allowance for this kind of call is used up until `retry_after` seconds from now."""


class TooManyOpen(TooManyRequests):
    """This caller has as many requests under way, or streams and long polls open, as one caller may."""


class TooMuchAtOnce(Unavailable):
    code = "overloaded"
    title_en = "Too much is being asked at once; try again"
    title_zh = "当前请求过多，请稍后再试"

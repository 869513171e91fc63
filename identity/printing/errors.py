"""The ways printing says no."""

from shared.errors import NotAllowed, NotFound


class NumberNotForCaller(NotAllowed):
    """Who asks is neither the party nor acts for it."""

    code = "number-not-for-caller"
    title_en = "A number is printed only for its holder, and for who represents them"
    title_zh = "仅向本人或其代理人出具载有号码的文件"


class NumberNotHere(NotFound):
    """The party has no number, another than was sealed, or is not known: the answer is the same."""

    code = "number-not-here"
    title_en = "There is no such number here"
    title_zh = "未找到相应号码"

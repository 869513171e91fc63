"""The ways a source of evidence says no."""

from typing import Literal

from shared.errors import NotAllowed, Unavailable

RefusalReason = Literal[
    "no-grant",
    "not-genuine",
    "expired",
    "another-reader",
    "party-outside-grant",
    "kind-outside-grant",
    "case-closed",
    "no-sharing-rule",
]


class GrantRefused(NotAllowed):
    """The grant does not allow this read; `reason` says which condition fails."""

    code = "grant-refused"
    title_en = "The grant does not allow this evidence to be read"
    title_zh = "用途授权不允许查询该数据"

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class SharingRulesNotLoaded(Unavailable):
    """Nothing may be read before the rules are known."""

    code = "sharing-rules-not-loaded"
    title_en = "The sharing rules are not loaded yet; try again"
    title_zh = "共享规则尚未加载，请稍后重试"

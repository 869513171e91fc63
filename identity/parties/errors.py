"""The ways in which parties and their numbers are refused."""

from typing import Literal

from shared.errors import Conflict, Invalid, NotAllowed, NotFound, RuleNotMet, TooManyRequests

Reason = Literal["length", "characters", "check-digit", "birth-date", "age", "region", "old-form"]


class NumberNotValid(Invalid):
    """Carries why, and where in the body; never the number."""

    code = "identity-number-not-valid"
    title_en = "This is not a valid identity number"
    title_zh = "证件号码无效"

    def __init__(self, reason: Reason, detail: str | None = None, *, pointer: str = "/id_number") -> None:
        super().__init__(detail, reason=reason, pointer=pointer)
        self.reason = reason

    def at(self, pointer: str) -> "NumberNotValid":
        """The same refusal, of a number elsewhere in the body."""
        return NumberNotValid(self.reason, self.detail, pointer=pointer)


class PartyNotFound(NotFound):
    code = "party-not-found"
    title_en = "There is no such party"
    title_zh = "主体不存在"


class PartyNumbered(RuleNotMet):
    code = "party-already-numbered"
    title_en = "This party has a number already"
    title_zh = "该主体已有证件号码"


class NumberTaken(Conflict):
    """Two parties, one number: a person decides, nothing is merged here."""

    code = "identity-number-taken"
    title_en = "Another party has this number; a person needs to look at both"
    title_zh = "该证件号码已被占用，需人工核实"


class RelationNotPossible(RuleNotMet):
    code = "relation-not-possible"
    title_en = "These parties cannot stand in this relation"
    title_zh = "主体之间不能建立该关系"


class BirthNotPossible(Invalid):
    code = "birth-date-not-possible"
    title_en = "The date of birth lies in the future"
    title_zh = "出生日期不能晚于今天"


class RoleMissing(NotAllowed):
    code = "role-missing"
    title_en = "Only the authority that assigns numbers may do this"
    title_zh = "仅号码赋码机关可以办理"


class PurposeRefused(NotAllowed):
    """Why the department may not look these people up (`reason`), and on which `duties` of its own it may."""

    code = "purpose-refused"
    title_en = "Neither a grant nor a standing duty allows this look-up"
    title_zh = "无用途授权或法定职责依据，不得查询"


class TooManyUnknown(TooManyRequests):
    """Somebody is guessing numbers. Answers at or beyond the limit look alike, whatever was asked."""

    code = "too-many-unknown-numbers"
    title_en = "Too many numbers that are not known here; try again later"
    title_zh = "查询未知号码过多，请稍后再试"

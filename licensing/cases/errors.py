"""The ways a case says no."""

from shared.errors import Conflict, Invalid, NotAllowed, NotFound, RuleNotMet


class CaseNotFound(NotFound):
    """Also: a case of another department, region or applicant."""

    code = "case-not-found"
    title_en = "There is no such case for this caller"
    title_zh = "未找到该办件"


class OfficerNotNamed(NotAllowed):
    code = "officer-not-named"
    title_en = "Every act on a case names the officer who does it; ask for a token with `officer`"
    title_zh = "办件操作须注明经办人"


class ActNotPossible(RuleNotMet):
    code = "act-not-possible"
    title_en = "The case is in a state in which this cannot be done"
    title_zh = "办件当前状态不允许此操作"


class CorrectionAlreadyRequested(RuleNotMet):
    code = "correction-already-requested"
    title_en = "What is missing is told once; there was a notice already (Z-REG Art 11)"
    title_zh = "补齐补正只能一次性告知"


class NotInGuide(RuleNotMet):
    code = "not-in-guide"
    title_en = "The published guide of this item does not ask for that (Z-REG Art 43)"
    title_zh = "办事指南未列明该材料或信息"


class CorrectionDateNotAhead(RuleNotMet):
    code = "correction-date-not-ahead"
    title_en = "The last day for the correction must be after today"
    title_zh = "补正期限须晚于当日"


class CorrectionTooLate(RuleNotMet):
    code = "correction-too-late"
    title_en = "The last day for the correction has passed (Z-REG Art 11)"
    title_zh = "补正期限已过"


class CorrectionNotComplete(Invalid):
    code = "correction-not-complete"
    title_en = "The correction answers exactly what the notice asked for"
    title_zh = "补正内容须与补正通知一致"


class AnswerNotValid(Invalid):
    code = "answer-not-valid"
    title_en = "An answer does not have the form that its element needs"
    title_zh = "填写内容不符合数据元要求"


class ExtensionNotPossible(RuleNotMet):
    code = "extension-not-possible"
    title_en = "A case is extended once, before its legal limit has passed (ALL Art 42)"
    title_zh = "办件只能在期限届满前延期一次"


class DenialWithoutReasons(RuleNotMet):
    code = "denial-without-reasons"
    title_en = "A denial states its reasons and the remedies against it (ALL Art 38)"
    title_zh = "不予许可决定须说明理由并告知救济途径"


class ClaimsNotOfYield(RuleNotMet):
    code = "claims-not-of-yield"
    title_en = "The decision states claims that the result of this item does not have"
    title_zh = "决定包含该事项结果未定义的内容"


class ClaimsNotValid(Invalid):
    code = "claims-not-valid"
    title_en = "Some claims are not what this kind of certificate or record holds"
    title_zh = "部分内容不符合该类证照或数据的规定"


class ClaimsIncomplete(RuleNotMet):
    code = "claims-incomplete"
    title_en = "Some claims of the result are neither known nor stated"
    title_zh = "结果内容不完整"


class AlreadyRated(Conflict):
    code = "already-rated"
    title_en = "This case was rated already"
    title_zh = "该办件已评价"


class NotDecided(NotFound):
    code = "case-not-decided"
    title_en = "This case has no decision yet"
    title_zh = "该办件尚未作出决定"

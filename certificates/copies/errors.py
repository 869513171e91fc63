"""The ways copies say no."""

from shared.errors import Invalid, NotFound, RuleNotMet


class CopyNotFound(NotFound):
    """There is none, or this caller may not see it: the answer is the same."""

    code = "copy-not-found"
    title_en = "There is no such copy here"
    title_zh = "未找到该加注件"


class NotToBeCopied(RuleNotMet):
    """No copy is made, or given out, of a certificate that is not in force."""

    code = "certificate-not-to-be-copied"
    title_en = "Copies are made and given out only while the certificate is in force"
    title_zh = "证照未处于有效状态，不能制作或使用加注件"


class CopyEnded(RuleNotMet):
    """Its last day is over. Make another."""

    code = "copy-ended"
    title_en = "The copy's last day is over; make another"
    title_zh = "加注件已过有效期，请重新制作"


class CopyTermNotFitting(Invalid):
    """A copy ends within a year, and not after its certificate."""

    code = "copy-term-not-fitting"
    title_en = "`valid_until` is not a day on which a copy of this certificate can end"
    title_zh = "加注件有效期截止日期不合理"

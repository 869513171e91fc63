"""The ways issuing says no."""

from shared.errors import Invalid, NotFound, RuleNotMet


class CertificateNotFound(NotFound):
    """There is none, or this caller may not see it: the answer is the same."""

    code = "certificate-not-found"
    title_en = "There is no such certificate here"
    title_zh = "未找到该证照"


class GroundNotKnown(Invalid):
    """The law knows no such ground for this operation."""

    code = "ground-not-known"
    title_en = "This is not a ground for this operation"
    title_zh = "该事由不适用于此操作"


class StateNotFitting(RuleNotMet):
    """The ground does not apply to a certificate in its present state."""

    code = "certificate-state-not-fitting"
    title_en = "The certificate's present state does not allow this"
    title_zh = "证照当前状态不允许此操作"


class TermNotFitting(Invalid):
    """A renewal ends later than what it renews, and within a lifetime."""

    code = "term-not-fitting"
    title_en = "`valid_until` is not a day to which this certificate can be renewed"
    title_zh = "延续后的有效期截止日期不合理"


class ClaimsNotValid(Invalid):
    """`errors` names what is wrong as pointers and reasons, without the values."""

    code = "claims-not-valid"
    title_en = "Some claims are not what this kind of certificate or record holds"
    title_zh = "部分内容不符合该类证照或数据的规定"


class NothingChanged(RuleNotMet):
    """The certificate says that already: a new version of it would say nothing new."""

    code = "nothing-changed"
    title_en = "The certificate says the same already"
    title_zh = "变更内容与证照现有内容一致"


class CertificateNotSealed(RuleNotMet):
    """It was issued before this platform, and imported: there is no document of it until it is issued anew."""

    code = "certificate-not-sealed"
    title_en = "This certificate was issued before the platform and has no sealed document"
    title_zh = "该证照为存量导入，尚无电子签章文件，换发后可用"


class AnotherInForce(RuleNotMet):
    """Of this kind nobody has two, and the holder has another by now."""

    code = "another-in-force"
    title_en = "The holder has another certificate of this kind in force"
    title_zh = "持证主体已持有同类有效证照"


class ReceiverNotKnown(Invalid):
    """A certificate is transferred to another department of the catalogue."""

    code = "receiver-not-known"
    title_en = "There is no other department with this code"
    title_zh = "转入部门不存在"


class YieldNotAsDecided(Exception):
    """What licensing hands over is not what the decision's event announced. Never a caller's fault; the event parks."""

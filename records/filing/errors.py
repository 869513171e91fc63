"""The ways filing says no."""

from shared.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable


class RecordNotFound(NotFound):
    """There is none, or this caller may not see it: the answer is the same."""

    code = "record-not-found"
    title_en = "There is no such record here"
    title_zh = "未找到该数据记录"


class KindNotKnown(Invalid):
    """The catalogue has no kind of record with this code."""

    code = "kind-not-known"
    title_en = "There is no such kind of record"
    title_zh = "数据种类不存在"


class NotTheIssuer(NotAllowed):
    """Only the department that the catalogue names as issuer files records of a kind."""

    code = "not-the-issuer"
    title_en = "Another department is the issuer of this kind of record"
    title_zh = "本部门不是该类数据的发布部门"


class ClaimsNotValid(Invalid):
    """`errors` names what is wrong as pointers and reasons, without the values."""

    code = "claims-not-valid"
    title_en = "Some claims are not what this kind of certificate or record holds"
    title_zh = "部分内容不符合该类证照或数据的规定"


class DateNotFitting(Invalid):
    """A record cannot be in force from before living memory, or from more than a year ahead."""

    code = "date-not-fitting"
    title_en = "`valid_from` is not a date from which a record can be in force"
    title_zh = "生效日期不合理"


class PartyNotKnown(Invalid):
    code = "party-not-known"
    title_en = "There is no such party"
    title_zh = "主体不存在"


class RecordAlreadyCorrected(Conflict):
    """Corrections follow one another; this record has one already. Correct that one (`record`)."""

    code = "record-already-corrected"
    title_en = "This record was corrected before; correct its latest version"
    title_zh = "该记录已被更正，请对最新版本提出更正"


class CatalogueNotLoaded(Unavailable):
    """Nothing is filed before it is known who may file what."""

    code = "catalogue-not-loaded"
    title_en = "The catalogue is not loaded yet; try again"
    title_zh = "目录尚未加载，请稍后重试"

"""The ways an import says no: to a whole upload as every refusal, and to a single row by a code that is kept."""

from typing import Literal

from shared.errors import Conflict, Invalid, Malformed, NotFound, TooManyRequests
from shared.schemas import Text

RejectionCode = Literal[
    "malformed-json",
    "row-too-long",
    "row-not-valid",
    "kind-not-known",
    "not-the-issuer",
    "claims-not-valid",
    "date-not-fitting",
    "party-not-known",
    "number-not-valid",
    "number-taken",
    "another-in-force",
]

TEXTS: dict[RejectionCode, Text] = {
    "malformed-json": Text(zh="该行不是有效的 JSON", en="The line is not valid JSON"),
    "row-too-long": Text(zh="该行超过允许长度", en="The line is longer than allowed"),
    "row-not-valid": Text(zh="该行缺少字段或字段无效", en="A field is missing, unknown or not valid"),
    "kind-not-known": Text(zh="没有该种类", en="There is no such kind of this type"),
    "not-the-issuer": Text(zh="本部门不是该种类的发布部门", en="Another department is the issuer of this kind"),
    "claims-not-valid": Text(zh="内容不符合该种类的规定", en="The claims are not what this kind holds"),
    "date-not-fitting": Text(zh="日期不合理", en="The dates cannot be meant, or contradict each other"),
    "party-not-known": Text(zh="主体不存在", en="There is no such party"),
    "number-not-valid": Text(zh="证照标识格式不正确", en="The number has not the form of a certificate number"),
    "number-taken": Text(zh="证照标识已被占用", en="Another certificate bears this number"),
    "another-in-force": Text(
        zh="该主体已有一份有效的此类证照，而该类证照每人只能有一份",
        en="The holder has another one of these in force, and nobody has two",
    ),
}


class Rejected(Exception):
    """This row is not loaded: `field` is which part of it is wrong, as a JSON pointer. Never the value."""

    def __init__(self, code: RejectionCode, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field


class ImportNotFound(NotFound):
    """There is none, or another department's: the answer is the same."""

    code = "import-not-found"
    title_en = "There is no such import here"
    title_zh = "未找到该导入任务"


class ImportOfAnother(Conflict):
    """The id names an import of another department: take a random one."""

    code = "import-of-another"
    title_en = "This id names another import; choose a random one"
    title_zh = "该导入编号已被使用，请另选随机编号"


class TypeNotHeld(Invalid):
    """This service holds another type of evidence."""

    code = "type-not-held"
    title_en = "Evidence of this type is not imported here"
    title_zh = "此处不导入该类型的数据"


class UploadBroken(Malformed):
    """The connection ended before the body did. Nobody hears this; the report says what was taken."""

    code = "upload-broken"
    title_en = "The upload broke off"
    title_zh = "上传中断"


class TooManyImports(TooManyRequests):
    """As many uploads are under way as fit in memory, or as are one department's share."""

    code = "too-many-imports"
    title_en = "Other imports are being loaded; try again when one of them has ended"
    title_zh = "正在处理其他导入任务，请稍后再试"

"""The ways a verification says no: stable codes, with a text for people."""

from typing import Literal

from shared.schemas import Text

ReasonCode = Literal[
    "unreadable",
    "not-a-pdf",
    "not-sealed",
    "seal-incomplete",
    "altered",
    "header-not-allowed",
    "seal-not-trusted",
    "seal-not-in-time",
    "seal-unknown",
    "seal-revoked",
    "signature-wrong",
    "timestamp-wrong",
    "attachment-missing",
    "disclosure-wrong",
    "key-binding-wrong",
    "key-binding-missing",
    "key-binding-not-checked",
    "content-wrong",
    "number-wrong",
    "check-mismatch",
    "issuer-mismatch",
    "issuer-differs",
    "address-wrong",
    "not-in-register",
    "seal-not-in-register",
    "seal-superseded",
    "differs-from-register",
    "not-yet-valid",
    "expired",
    "replaced",
    "withheld",
    "transferred",
    "revoked",
    "cancelled",
    "withdrawn",
    "ended",
    "copy-ended",
    "not-checked",
    "bundle-wrong",
    "bundle-too-old",
]

TEXTS: dict[ReasonCode, Text] = {
    "unreadable": Text(zh="不是电子证照文件，或文件已损坏", en="This is not a sealed certificate, or it is damaged"),
    "not-a-pdf": Text(zh="不是可核验的 PDF 文件", en="This is no PDF that could be checked"),
    "not-sealed": Text(zh="PDF 文件没有签章", en="There is no seal on this PDF"),
    "seal-incomplete": Text(
        zh="签章未覆盖整个文件：签章后文件被增加、删除或修改",
        en="The seal is not over the whole file: it was changed after it",
    ),
    "altered": Text(zh="文件内容与签发时不一致", en="The file is not as it was sealed"),
    "header-not-allowed": Text(zh="签章格式不符合规定", en="The form of the seal is not allowed"),
    "seal-not-trusted": Text(zh="签章证书不是本平台签发", en="The seal does not belong to this platform"),
    "seal-not-in-time": Text(zh="签章时签章证书不在有效期内", en="The seal was set outside its certificate's validity"),
    "seal-unknown": Text(zh="签章证书未知，请更新验证数据包", en="The seal is not a known one; fetch a new bundle"),
    "seal-revoked": Text(zh="签章证书已被撤销，该签章不再可信", en="The seal was revoked and proves nothing by itself"),
    "signature-wrong": Text(zh="签名验证不通过", en="The signature does not hold"),
    "timestamp-wrong": Text(zh="签章时间戳验证不通过", en="The timestamp of the seal does not hold"),
    "disclosure-wrong": Text(zh="出示的数据项不属于该凭证", en="A claim is shown that is not of this credential"),
    "key-binding-wrong": Text(zh="持有人密钥证明验证不通过", en="The proof of the holder's key does not hold"),
    "key-binding-missing": Text(zh="没有持有人密钥证明", en="The proof of the holder's key is missing"),
    "key-binding-not-checked": Text(
        zh="未核对持有人密钥证明的出示对象和随机数（未提供 audience 和 nonce）",
        en="To whom the holder's key was proven was not checked: audience and nonce were not given",
    ),
    "attachment-missing": Text(zh="PDF 中没有证照数据文件", en="The sealed file is not in the PDF"),
    "content-wrong": Text(zh="证照内容不完整或格式错误", en="The content is not that of a certificate"),
    "number-wrong": Text(zh="证照标识校验位错误", en="The certificate number is wrong in itself"),
    "check-mismatch": Text(
        zh="证照标识校验位不符（存量导入，登记库中确有该证照）",
        en="The number's check character does not agree; the register has it so, from before the platform",
    ),
    "issuer-mismatch": Text(
        zh="证照标识中的机构代码不是颁发机构的统一社会信用代码（存量导入，登记库中确有该证照）",
        en="The number names another body than the issuer; the register has it so, from before the platform",
    ),
    "issuer-differs": Text(zh="颁发机构与签章机构不一致", en="The seal is another body's than the issuer's"),
    "address-wrong": Text(zh="二维码指向的不是本平台地址", en="The code leads to another address than the platform's"),
    "not-in-register": Text(zh="登记库中没有该证照", en="No such certificate is registered"),
    "seal-not-in-register": Text(zh="登记库中没有该签章", en="The register does not know this seal"),
    "seal-superseded": Text(zh="该证照已重新签章，请下载最新文件", en="It was sealed anew since; fetch the new file"),
    "differs-from-register": Text(zh="证照内容与登记库不一致", en="It says other things than the register"),
    "not-yet-valid": Text(zh="证照尚未生效", en="The certificate is not in force yet"),
    "expired": Text(zh="证照已过有效期", en="The certificate has expired"),
    "replaced": Text(zh="证照已由新证照替代", en="Another certificate has taken its place"),
    "withheld": Text(zh="证照被暂扣", en="The certificate is withheld by its issuer"),
    "transferred": Text(zh="证照正在办理转出", en="The certificate is on its way to another department"),
    "revoked": Text(zh="证照已被撤销", en="The certificate was revoked: it should not have been granted"),
    "cancelled": Text(zh="证照已注销", en="The certificate was cancelled"),
    "withdrawn": Text(zh="证照已被吊销", en="The certificate was withdrawn as a penalty"),
    "ended": Text(zh="证照已被撤销、注销或吊销", en="The certificate was revoked, cancelled or withdrawn"),
    "copy-ended": Text(zh="该加注件已过使用期限", en="This copy was good until an earlier day"),
    "not-checked": Text(
        zh="未能核查是否已被撤销、注销、吊销或暂扣", en="Whether it was revoked or withheld could not be checked"
    ),
    "bundle-wrong": Text(zh="验证数据包不可用", en="The verification bundle cannot be used"),
    "bundle-too-old": Text(zh="验证数据包已过期，请重新下载", en="The verification bundle is too old; fetch a new one"),
}


class Reason(Text):
    """A reason, in a form for machines and in two for people."""

    code: ReasonCode


def reason(code: ReasonCode) -> Reason:
    """The code with its texts."""
    return Reason(code=code, zh=TEXTS[code].zh, en=TEXTS[code].en)


class NotGenuine(Exception):
    """The document is not what was sealed; says which check failed first."""

    def __init__(self, code: ReasonCode) -> None:
        super().__init__(code)
        self.code = code


class BundleRefused(Exception):
    """A verification bundle by which nothing can be judged; says why."""

    def __init__(self, code: Literal["bundle-wrong", "bundle-too-old"]) -> None:
        super().__init__(code)
        self.code: Literal["bundle-wrong", "bundle-too-old"] = code

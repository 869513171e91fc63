"""The ways credentials say no: to who asks for one, and to who reads one."""

from typing import Literal

from certificates.sealing.errors import SealRefusal
from shared.errors import Invalid, NotFound, RuleNotMet

CredentialRefusal = (
    SealRefusal
    | Literal[
        "seal-not-in-time",
        "content-wrong",
        "issuer-differs",
        "number-wrong",
        "disclosure-wrong",
        "key-binding-wrong",
        "key-binding-missing",
    ]
)
ProofRefusal = Literal["unreadable", "header-not-allowed", "signature-wrong", "another-audience", "not-fresh"]


class NotACredential(Exception):
    """What was shown is not what a department issued, or not by who holds it; `code` is the check that failed first."""

    def __init__(self, code: CredentialRefusal) -> None:
        super().__init__(code)
        self.code: CredentialRefusal = code


class CertificateNotPresentable(RuleNotMet):
    """Only what is in force now, and can be said in this form, goes into a wallet."""

    code = "certificate-not-presentable"
    title_en = "This certificate cannot be put into a wallet now"
    title_zh = "该证照当前不能存入电子卡包"


class KeyProofNotValid(Invalid):
    """The wallet does not prove that it holds a key, or proves it to somebody else; `reason` is a `ProofRefusal`."""

    code = "key-proof-not-valid"
    title_en = "The wallet's proof of its key does not hold"
    title_zh = "电子卡包的密钥证明无效"

    def __init__(self, reason: ProofRefusal) -> None:
        super().__init__(reason=reason)


class NonceNotValid(Invalid):
    """The nonce of a key proof is not ours, is too old, or was used."""

    code = "nonce-not-valid"
    title_en = "The proof's nonce is not valid; ask for a new one"
    title_zh = "随机数无效，请重新获取"


class CredentialTypeNotFound(NotFound):
    """No kind of certificate has this code."""

    code = "credential-type-not-found"
    title_en = "There is no credential of this type"
    title_zh = "没有该类型的凭证"


class CredentialIssuerNotFound(NotFound):
    """No department of this code issues credentials here."""

    code = "credential-issuer-not-found"
    title_en = "There is no issuer of this name"
    title_zh = "没有该颁发机构"

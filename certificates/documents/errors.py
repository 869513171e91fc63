"""The ways documents say no: to who asks for one, and to a file that somebody shows."""

from typing import Literal

from shared.errors import CannotStart, NotAllowed, RuleNotMet, Unavailable

UnsealedCode = Literal[
    "not-a-pdf", "seal-incomplete", "signature-wrong", "seal-not-trusted", "seal-not-in-time", "seal-revoked",
    "timestamp-wrong", "attachment-missing", "issuer-differs",
]  # fmt: skip


class CertificateNotInForce(RuleNotMet):
    """A new document of a certificate that no longer holds would say the contrary of what its issuer decided."""

    code = "certificate-not-in-force"
    title_en = "A document is made only while the certificate is in force"
    title_zh = "证照不在有效状态，不能出具证照文件"


class GlyphMissing(RuleNotMet):
    """No font here has a character that the page needs: a name is printed whole or not at all."""

    code = "glyph-missing"
    title_en = "The fonts here lack a character of this page; it cannot be printed yet"
    title_zh = "字库缺少该页面中的字符，暂不能出具证照文件"


class NumberForItsHolder(NotAllowed):
    """The page shows its holder's identity number: it is printed for them, and for who represents them."""

    code = "number-for-its-holder"
    title_en = "This page shows an identity number and is given to its holder alone"
    title_zh = "该证照页面载有公民身份号码，只提供给持证人"


class NumberNotPrinted(RuleNotMet):
    """Identity does not give the number that this certificate was sealed over, or not to this caller."""

    code = "number-not-printed"
    title_en = "The number that stands on this certificate cannot be printed; ask its issuer for a new one"
    title_zh = "证照所载号码无法核对，请向签发机关申请换发"


class TimestampUnavailable(Unavailable):
    """The time-stamping authority gives no timestamp that we could rely on."""

    code = "timestamp-unavailable"
    title_en = "The time-stamping authority does not answer as it should; try again"
    title_zh = "时间戳服务暂不可用，请重试"


class NoFont(CannotStart):
    """There is nothing to print with. The message says what to set; the service does not start."""


class NoTimestamps(CannotStart):
    """Nobody gives timestamps. The message says what to set; the service does not start."""


class NotSealed(Exception):
    """A file is not a sealed document of ours; says which check failed first."""

    def __init__(self, code: UnsealedCode) -> None:
        super().__init__(code)
        self.code = code

"""The ways sealing says no. A caller sees one of them; the others stop a start, park a message, or become a verdict."""

from typing import Literal
from uuid import UUID

from shared.errors import CannotStart, Unavailable

SealRefusal = Literal[
    "unreadable", "altered", "header-not-allowed", "seal-not-trusted", "signature-wrong", "content-wrong"
]


class NotASeal(ValueError):
    """A header or certificate that no seal of ours has."""


class SealRefused(NotASeal):
    """What was shown was not signed under this root; says which check failed first."""

    def __init__(self, code: SealRefusal) -> None:
        super().__init__(code)
        self.code: SealRefusal = code


class UnsafeSealKey(CannotStart):
    """Keys that must not be used, or cannot be; the message says why and what to do."""


class CeremonyRefused(Exception):
    """Making, renewing or ending keys is not possible so; the message says why and what to do."""


class NoSealKey(Unavailable):
    """This department or office has no sealing key here, or its certificate names another credit code or ran out."""

    code = "seal-not-available"
    title_en = "The seal that this needs is not available now"
    title_zh = "所需印章暂不可用"

    def __init__(self, *, holder: str) -> None:
        super().__init__(retry_after=60)
        self.holder = holder

    def __str__(self) -> str:
        return f"no seal key for {self.holder}"


class SealDeviceAway(Unavailable):
    """The token that holds the sealing keys does not answer, or not in time."""

    code = "seal-device-away"
    title_en = "The device that holds the sealing keys does not answer; try again"
    title_zh = "签章密钥设备暂无响应，请重试"


class NotSealable(Exception):
    """The document has no byte representation that would survive."""

    def __init__(self, *, certificate: UUID) -> None:
        super().__init__(f"certificate {certificate} cannot be sealed")
        self.certificate = certificate

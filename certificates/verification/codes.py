"""QR codes: `<address of the page>#<compact JWS>`, small enough to print, opened. Pure."""

from datetime import date
from uuid import UUID

import orjson
from cryptography import x509

from certificates.documents.rules import QR_TYPE
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import ALGORITHM, check_signature, credit_code_of, holder_of, key_of, segments_of
from certificates.sealing.schemas import StatusEntry
from certificates.verification.errors import NotGenuine
from certificates.verification.trust import Trust
from shared.canonical import canonical_json
from shared.schemas import Code, Strict


class QrCode(Strict):
    """What a QR code says. `holder` is the holder's name as others may see it."""

    certificate: UUID
    number: str
    kind: Code
    issuer: Code
    holder: str | None
    issued_on: date
    valid_until: date | None
    status: StatusEntry

    def canonical(self) -> bytes:
        """The bytes that are signed (RFC 8785)."""
        return canonical_json(self.model_dump(mode="json"))


def open_code(text: str, trust: Trust) -> tuple[QrCode, x509.Certificate]:
    """What a genuine code says, and by which seal; raises `NotGenuine`.

    The header names the key; its certificate does not fit in there, so that the verifier must have it already.
    """
    try:
        header, payload = segments_of(text)
        seal = _seal_named(header, trust)
        check_signature(text, key_of(seal))
    except SealRefused as refusal:
        raise NotGenuine(refusal.code) from None
    code = _content(payload)
    _check_belongs(code, seal)
    return code, seal


def _seal_named(header: bytes, trust: Trust) -> x509.Certificate:
    try:
        kid = orjson.loads(header)["kid"]
    except (ValueError, TypeError, KeyError):
        raise NotGenuine("header-not-allowed") from None
    if not isinstance(kid, str) or header != orjson.dumps({"alg": ALGORITHM, "kid": kid, "typ": QR_TYPE}):
        raise NotGenuine("header-not-allowed")
    seal = trust.seals.get(kid)
    if seal is None:
        raise NotGenuine("seal-unknown")
    return seal


def _content(payload: bytes) -> QrCode:
    try:
        code = QrCode.model_validate_json(payload)
        canonical = code.canonical()
    except ValueError:
        raise NotGenuine("content-wrong") from None
    if canonical != payload:
        raise NotGenuine("altered")
    return code


def _check_belongs(code: QrCode, seal: x509.Certificate) -> None:
    try:
        number = CertificateNumber.parse(code.number)
    except ValueError:
        raise NotGenuine("number-wrong") from None
    if not number.agrees:
        raise NotGenuine("number-wrong")
    if holder_of(seal) != code.issuer or credit_code_of(seal) != number.issuer:
        raise NotGenuine("issuer-differs")

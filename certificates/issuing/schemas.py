"""Shapes of the certificates API."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, JsonValue

from certificates.issuing.model import STATE_CODES, Certificate, Origin, State
from shared.schemas import Code, Paragraph, Strict, Text


class CertificateView(Strict):
    """What may be shown of a certificate outside its document: everything but its claims."""

    id: UUID
    number: str
    version: str
    kind: Code
    kind_label: Text
    holder: UUID
    issuer: Code
    issuer_name: Text
    issued_on: date
    valid_from: date
    valid_until: date | None
    state: State
    state_code: Annotated[str, Field(description="The state in the national code list (GB/T 36903 practice).")]
    predecessor: UUID | None
    origin: Origin
    check_mismatch: bool
    issuer_mismatch: bool

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        """The view of a certificate as it is now."""
        fields = {name: getattr(certificate, name) for name in cls.model_fields if name != "state_code"}
        return cls.model_validate(fields | {"state_code": STATE_CODES[certificate.state]})


class Lawful(Strict):
    """Why an operation is lawful (`ground`, a code of the law) and what happened (`reason`, for the file)."""

    ground: Code
    reason: Paragraph


class ActRequest(Lawful):
    """An operation that needs no more to be said than why."""


class RenewalRequest(Lawful):
    """A renewal (延续). Without `valid_until`, for the same term again."""

    ground: Code = "term-ending"
    valid_until: date | None = None


class ChangeRequest(Lawful):
    """A change (变更). `claims`: what the certificate is to say instead; the rest stays as it is."""

    ground: Code = "holder-requested"
    claims: Annotated[dict[Code, JsonValue], Field(max_length=100)]


class TransferRequest(Lawful):
    """A transfer (办理转出) to the department `to`, which may then take the certificate over."""

    ground: Code = "jurisdiction-moved"
    to: Code


class TransferBackRequest(Lawful):
    """The end of a transfer (取消转出) that did not come about."""

    ground: Code = "transfer-cancelled"


class TransferInRequest(Lawful):
    """The other end of a transfer (转入)."""

    ground: Code = "transfer-accepted"

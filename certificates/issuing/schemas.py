"""Shapes of the certificates API."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, JsonValue

from certificates.issuing.model import Certificate, Origin, State
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
    predecessor: UUID | None
    origin: Origin
    check_mismatch: bool

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        """The view of a certificate as it is now."""
        return cls.model_validate({name: getattr(certificate, name) for name in cls.model_fields})


class ActRequest(Strict):
    """Why an operation is lawful (`ground`, a code of the law) and what happened (`reason`, for the file)."""

    ground: Code
    reason: Paragraph


class RenewalRequest(Strict):
    """A renewal (延续). Without `valid_until`, for the same term again."""

    ground: Code = "term-ending"
    reason: Paragraph
    valid_until: date | None = None


class ChangeRequest(Strict):
    """A change (变更). `claims`: what the certificate is to say instead; the rest stays as it is."""

    ground: Code = "holder-requested"
    reason: Paragraph
    claims: Annotated[dict[Code, JsonValue], Field(max_length=100)]

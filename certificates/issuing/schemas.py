"""Shapes of the certificates API."""

from datetime import date
from typing import Self
from uuid import UUID

from certificates.issuing.model import Certificate, State
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

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        """The view of a certificate as it is now."""
        return cls.model_validate({name: getattr(certificate, name) for name in cls.model_fields})


class ActRequest(Strict):
    """Why an operation is lawful (`ground`, a code of the law) and what happened (`reason`, for the file)."""

    ground: Code
    reason: Paragraph

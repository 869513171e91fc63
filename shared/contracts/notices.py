"""Events that are told to one department alone, on `to.<department>.…`. As thin as all others, and as lasting."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.evidence import Purpose
from shared.messaging.envelope import EventContract
from shared.schemas import Code


class CorrectionTicketOpened(EventContract):
    """An applicant disputed what this department holds (Z-REG Art 7). To that department alone."""

    type: ClassVar[str] = "correction-ticket.opened.v1"
    addressed: ClassVar[bool] = True
    ticket: UUID
    evidence: UUID
    kind: Code
    party: UUID
    attributes: tuple[Code, ...]


class EvidenceNotice(EventContract):
    """What a department is told of evidence that it used. `case`: its own case or reference; `item`: what for."""

    evidence: UUID
    kind: Code
    party: UUID
    issuer: Code
    case: UUID
    item: Code
    purpose: Purpose


class EvidenceUsedRevoked(EvidenceNotice):
    """Evidence that this department used no longer holds. To that department alone, once for each of its cases.

    `ground`: the law's reason for a revocation; `successor`: what is right instead, after a correction.
    """

    type: ClassVar[str] = "evidence.used-revoked.v1"
    addressed: ClassVar[bool] = True
    change: Literal["revoked", "withheld", "corrected"]
    ground: Code | None = None
    successor: UUID | None = None


class EvidenceUsedReinstated(EvidenceNotice):
    """Evidence of whose withholding this department was told holds again."""

    type: ClassVar[str] = "evidence.used-reinstated.v1"
    addressed: ClassVar[bool] = True


class TransferNotice(EventContract):
    """What a department is told of a certificate that it may take over. It reads it by its id, while it may."""

    addressed: ClassVar[bool] = True
    certificate: UUID
    kind: Code
    party: UUID
    issuer: Code


class CertificateTransferOffered(TransferNotice):
    """This department may take the certificate over (transfer-in) until `valid_until` is over, or it is called back."""

    type: ClassVar[str] = "certificate.transfer-offered.v1"
    valid_until: date | None = None


class CertificateTransferWithdrawn(TransferNotice):
    """This department can take the certificate over no more: its issuer called it back, or it expired on its way."""

    type: ClassVar[str] = "certificate.transfer-withdrawn.v1"
    change: Literal["called-back", "expired"]

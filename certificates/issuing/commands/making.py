"""From a sealed document to the row that keeps it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certificates.issuing.model import IN_FORCE, Certificate, State
from certificates.sealing.schemas import CertificateDocument, StatusEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a certificate comes from: a case's decision, or another in whose place it stands, or both.

    It takes over the state of a predecessor in force: a new one does not lift a withholding.
    """

    one_per_holder: bool
    case: UUID | None = None
    index: int | None = None
    predecessor: Certificate | None = None


def certificate_of(
    document: CertificateDocument, origin: Origin, *, status: StatusEntry, seal: str, at: datetime
) -> Certificate:
    """The certificate whose document was sealed so."""
    before = origin.predecessor
    return Certificate(
        id=document.certificate,
        number=document.number,
        version=document.version,
        predecessor=before.id if before else None,
        kind=document.kind,
        kind_label=document.kind_label.model_dump(),
        holder=document.holder,
        region=document.region,
        issuer=document.issuer.department,
        issuer_name=document.issuer.name.model_dump(),
        case=origin.case,
        index=origin.index,
        claims=dict(document.claims),
        issued_on=document.issued_on,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        state=before.state if before and before.state in IN_FORCE else State.VALID,
        revision=1,
        seal=seal,
        status_list=status.list,
        status_index=status.index,
        issued_at=at,
        one_per_holder=origin.one_per_holder,
    )

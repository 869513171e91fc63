"""What others tell of evidence: used by a case, read, withheld, given back, revoked, corrected."""

from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.events import (
    AccessedEvidence,
    CertificateExpired,
    CertificateReinstated,
    CertificateRevoked,
    CertificateWithheld,
    DataAccessed,
    EvidenceUsed,
    RecordCorrected,
    UsedEvidence,
)
from shared.ids import new_id
from shared.messaging.envelope import Event, EventContract, topic_of
from tests.records.world import BIRTH, CHILD, PAGE
from tests.support.clock import START

ContractT = TypeVar("ContractT", bound=EventContract)

CERTIFICATE, RECORD, CORRECTION, SUCCESSOR = (UUID(int=number) for number in (51, 52, 53, 54))
CASE, OTHER_CASE, REFERENCE = (UUID(int=number) for number in (61, 62, 63))
INSURANCE, CARDS = "medical-insurance", "human-resources"
ENROLMENT, CARD = "resident-medical-insurance", "social-security-card"


def an_event(data: ContractT, *, subject: UUID, version: int = 1, source: str = "/certificates") -> Event[ContractT]:
    return Event(
        id=new_id(),
        source=source,
        type=data.type,
        topic=topic_of(type(data), kind=PAGE, region="330782"),
        subject=subject,
        time=START,
        entityversion=version,
        position=1,
        sequence=1,
        data=data,
    )


def used(*evidence: UUID, case: UUID = CASE, department: str = INSURANCE, item: str = ENROLMENT) -> Event[EvidenceUsed]:
    """A case took these into use."""
    pieces = tuple(UsedEvidence(evidence=each, type="certificate", kind=PAGE, party=CHILD) for each in evidence)
    data = EvidenceUsed(case=case, application=UUID(int=31), item=item, department=department, used=pieces)
    return an_event(data, subject=case, source="/licensing")


def read(*evidence: UUID | None, **changes: Any) -> Event[DataAccessed]:
    """A department read these by a standing duty."""
    pieces = tuple(AccessedEvidence(party=CHILD, kind=PAGE, attributes=("name",), evidence=each) for each in evidence)
    fields = {
        "reader": INSURANCE,
        "purpose": "duty",
        "ref": REFERENCE,
        "items": (ENROLMENT,),
        "region": "330782",
        "accessed": pieces,
    }
    return an_event(DataAccessed.model_validate(fields | changes), subject=new_id())


def _named(state: str) -> dict[str, Any]:
    return {"certificate": CERTIFICATE, "kind": PAGE, "party": CHILD, "issuer": "public-security", "state": state}


def withheld(version: int = 2) -> Event[CertificateWithheld]:
    return an_event(CertificateWithheld(**_named("withheld")), subject=CERTIFICATE, version=version)


def reinstated(version: int = 3) -> Event[CertificateReinstated]:
    return an_event(CertificateReinstated(**_named("valid")), subject=CERTIFICATE, version=version)


def revoked(version: int = 2) -> Event[CertificateRevoked]:
    return an_event(CertificateRevoked(**_named("revoked"), ground="fraud"), subject=CERTIFICATE, version=version)


def expired(version: int = 2, *, operation: str | None = None) -> Event[CertificateExpired]:
    """By the calendar, or because a successor took its place."""
    successor = SUCCESSOR if operation else None
    data = CertificateExpired(**_named("expired"), successor=successor, operation=operation)
    return an_event(data, subject=CERTIFICATE, version=version)


def corrected() -> Event[RecordCorrected]:
    """A birth record was wrong; its correction is right."""
    data = RecordCorrected(
        record=CORRECTION, kind=BIRTH, party=CHILD, issuer="hospital", as_of=START.date(), predecessor=RECORD
    )
    return an_event(data, subject=CORRECTION, version=2, source="/records")

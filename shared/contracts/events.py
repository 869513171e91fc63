"""Every event that a service publishes, one class each. Thin: ids, kinds, dates, states; never a name, number or claim.

A field is never removed or given another meaning; a new version is a new class beside the old one.
"""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.evidence import EvidenceType, Purpose
from shared.messaging.envelope import EventContract
from shared.schemas import Code, RegionCode, Strict, Text


class PartyRegistered(EventContract):
    """A person or organisation got its id; a newborn before it has a number."""

    type: ClassVar[str] = "party.registered.v1"
    party: UUID
    kind: Literal["person", "organisation"]


class ThingPublished(EventContract):
    """A release of the catalogue changed this thing, or the rules and kinds that it stands on."""

    type: ClassVar[str] = "thing.published.v1"
    thing: Code
    release: int


class ApplicationSubmitted(EventContract):
    type: ClassVar[str] = "application.submitted.v1"
    application: UUID
    thing: Code
    cases: tuple[UUID, ...]


class ApplicationEnded(EventContract):
    """What the ends of an application have in common."""

    application: UUID
    thing: Code


class ApplicationCompleted(ApplicationEnded):
    type: ClassVar[str] = "application.completed.v1"


class ApplicationPartlyCompleted(ApplicationEnded):
    type: ClassVar[str] = "application.partly-completed.v1"


class ApplicationWithdrawn(ApplicationEnded):
    type: ClassVar[str] = "application.withdrawn.v1"


class CaseEvent(EventContract):
    """What all events of a case carry. `department` handles it."""

    case: UUID
    application: UUID
    item: Code
    department: Code
    state: str


class CaseWaiting(CaseEvent):
    type: ClassVar[str] = "case.waiting.v1"
    waits_for: tuple[Code, ...]


class CaseReceived(CaseEvent):
    type: ClassVar[str] = "case.received.v1"


class CaseCorrectionRequested(CaseEvent):
    type: ClassVar[str] = "case.correction-requested.v1"
    due_on: date


class CaseAccepted(CaseEvent):
    type: ClassVar[str] = "case.accepted.v1"
    promised_on: date
    legal_on: date
    provisional: bool
    deemed: bool = False


class CaseRefused(CaseEvent):
    type: ClassVar[str] = "case.refused.v1"


class CaseSuspended(CaseEvent):
    type: ClassVar[str] = "case.suspended.v1"


class CaseResumed(CaseEvent):
    type: ClassVar[str] = "case.resumed.v1"
    promised_on: date
    legal_on: date


class CaseExtended(CaseEvent):
    type: ClassVar[str] = "case.extended.v1"
    legal_on: date


class YieldedKind(Strict):
    index: int
    type: EvidenceType
    kind: Code
    party: UUID


class CaseDecided(CaseEvent):
    """`digest` binds the decision to what is issued from it (`CaseYield.digest`)."""

    type: ClassVar[str] = "case.decided.v1"
    outcome: Literal["granted", "denied"]
    yields: tuple[YieldedKind, ...]
    digest: str


class CaseConcluded(CaseEvent):
    type: ClassVar[str] = "case.concluded.v1"
    outcome: Literal["granted", "denied"]


class CaseWithdrawn(CaseEvent):
    type: ClassVar[str] = "case.withdrawn.v1"


class CaseBlocked(CaseEvent):
    """A case that this one needs ended without its result; this one ends without ever having been received."""

    type: ClassVar[str] = "case.blocked.v1"


class CaseOverdue(CaseEvent):
    type: ClassVar[str] = "case.overdue.v1"
    promised_on: date


class RatingGiven(EventContract):
    """`grade` 1 (best) to 5, as the national code list counts."""

    type: ClassVar[str] = "rating.given.v1"
    case: UUID
    item: Code
    department: Code
    grade: int


class CertificateEvent(EventContract):
    """What all events of a certificate carry. `party` is its holder."""

    certificate: UUID
    kind: Code
    party: UUID
    issuer: Code
    state: str


class CertificateIssued(CertificateEvent):
    """By the decision on `case`. `predecessor`: the holder's other, in whose place it stands."""

    type: ClassVar[str] = "certificate.issued.v1"
    issued_on: date
    valid_until: date | None = None
    case: UUID | None = None
    index: int | None = None
    predecessor: UUID | None = None


class CertificateWithheld(CertificateEvent):
    type: ClassVar[str] = "certificate.withheld.v1"


class CertificateReinstated(CertificateEvent):
    type: ClassVar[str] = "certificate.reinstated.v1"


class CertificateRevoked(CertificateEvent):
    type: ClassVar[str] = "certificate.revoked.v1"
    ground: Code


class CertificateRenewed(CertificateEvent):
    """A new version stands in the place of its predecessor, by `operation`: renewal, change or transfer-in."""

    type: ClassVar[str] = "certificate.renewed.v1"
    predecessor: UUID
    operation: Code | None = None
    issued_on: date | None = None
    valid_until: date | None = None


class CertificateExpired(CertificateEvent):
    """Its last day is over; or `successor` took its place, by `operation`. That one is told before this one."""

    type: ClassVar[str] = "certificate.expired.v1"
    successor: UUID | None = None
    operation: Code | None = None


class ImportedEvent(EventContract):
    """What both imports say: so many pieces of this kind, about parties of the topic's region, were loaded at once.

    Evidence from before go-live is told in batches; its pieces are read as all evidence is, by whoever is entitled.
    """

    import_id: UUID
    kind: Code
    issuer: Code
    count: int


class CertificateImported(ImportedEvent):
    """So many certificates of this kind, issued elsewhere before go-live to parties of this region, were loaded."""

    type: ClassVar[str] = "certificate.imported.v1"


class CertificateTransferred(CertificateEvent):
    """Its issuer let it go: it is out of use until the department `to` takes it over, or it is called back."""

    type: ClassVar[str] = "certificate.transferred.v1"
    to: Code


class CertificateTransferredBack(CertificateEvent):
    """Its transfer was called off, and it is in force again."""

    type: ClassVar[str] = "certificate.transferred-back.v1"


class DeliveryEvent(EventContract):
    """What all events of a delivery carry: which certificate's paper it is. Never where to."""

    delivery: UUID
    certificate: UUID
    kind: Code
    party: UUID
    issuer: Code
    state: str


class DeliveryDispatched(DeliveryEvent):
    """A courier has it."""

    type: ClassVar[str] = "delivery.dispatched.v1"


class DeliveryDelivered(DeliveryEvent):
    """The holder has it, from the courier or by coming for it."""

    type: ClassVar[str] = "delivery.delivered.v1"
    method: Code


class DeliveryFailed(DeliveryEvent):
    """The courier tried in vain (`tries` times by now), or would not go there. `pick-up`: it waits at its issuer."""

    type: ClassVar[str] = "delivery.failed.v1"
    tries: int


class RecordEvent(EventContract):
    """What all events of a record carry."""

    record: UUID
    kind: Code
    party: UUID
    issuer: Code
    as_of: date


class RecordFiled(RecordEvent):
    type: ClassVar[str] = "record.filed.v1"
    case: UUID | None = None
    index: int | None = None


class RecordCorrected(RecordEvent):
    type: ClassVar[str] = "record.corrected.v1"
    predecessor: UUID


class RecordImported(ImportedEvent):
    """So many records of this kind, about parties of this region and from before go-live, were loaded."""

    type: ClassVar[str] = "record.imported.v1"


class AccessedEvidence(Strict):
    """`evidence` is which piece it was; none where no evidence was read, as when somebody is looked up by number."""

    party: UUID
    kind: Code
    attributes: tuple[Code, ...]
    evidence: UUID | None = None


class DataAccessed(EventContract):
    """One reply that left a source. Internal: only the parties concerned may see it.

    `duty` and `basis`: for the purpose `duty`, which standing duty it was, and its law in words.
    """

    type: ClassVar[str] = "data.accessed.v1"
    internal: ClassVar[bool] = True
    reader: Code
    officer: str | None = None
    purpose: Purpose
    ref: UUID
    items: tuple[Code, ...]
    region: RegionCode
    accessed: tuple[AccessedEvidence, ...]
    duty: Code | None = None
    basis: Text | None = None


class UsedEvidence(Strict):
    """One piece of evidence that a case stands on."""

    evidence: UUID
    type: EvidenceType
    kind: Code
    party: UUID


class EvidenceUsed(EventContract):
    """A case took evidence into use: what was held when it was submitted, or what an earlier case yielded. Internal."""

    type: ClassVar[str] = "evidence.used.v1"
    internal: ClassVar[bool] = True
    case: UUID
    application: UUID
    item: Code
    department: Code
    used: tuple[UsedEvidence, ...]

"""From events to uses and changes, and from a change to the notice for one department. Pure."""

from typing import TypeVar

from records.uses.model import Change, Telling, Use
from shared.contracts.events import (
    CertificateEvent,
    CertificateExpired,
    CertificateReinstated,
    CertificateRevoked,
    DataAccessed,
    EvidenceUsed,
    RecordCorrected,
)
from shared.contracts.notices import EvidenceUsedReinstated, EvidenceUsedRevoked
from shared.messaging.envelope import Event, EventContract

CertificateT = TypeVar("CertificateT", bound=CertificateEvent)
ContractT = TypeVar("ContractT", bound=EventContract)


def uses_of_case(event: Event[EvidenceUsed]) -> list[Use]:
    """What a case of this department stands on."""
    data = event.data
    return [
        Use(
            evidence=each.evidence,
            department=data.department,
            ref=data.case,
            purpose="case",
            item=data.item,
            first_used_at=event.time,
        )
        for each in data.used
    ]


def uses_of_access(event: Event[DataAccessed]) -> list[Use]:
    """What a department read for a case or a duty. Reading to fill in a draft is no use: nothing stands on it yet.

    Nor is a look-up of people by number, which reads no evidence.
    """
    data = event.data
    if data.purpose == "draft" or not data.items:
        return []
    return [
        Use(
            evidence=evidence,
            department=data.reader,
            ref=data.ref,
            purpose=data.purpose,
            item=data.items[0],
            first_used_at=event.time,
        )
        for evidence in dict.fromkeys(each.evidence for each in data.accessed)
        if evidence is not None
    ]


def change_of_certificate(event: Event[CertificateT]) -> Change:
    """What a certificate's event says happened to it as evidence."""
    data = event.data
    revoked, reinstated = isinstance(data, CertificateRevoked), isinstance(data, CertificateReinstated)
    return Change(
        evidence=data.certificate,
        version=event.entityversion,
        change="revoked" if revoked else "reinstated" if reinstated else "withheld",
        kind=data.kind,
        party=data.party,
        issuer=data.issuer,
        region=_region_of(event),
        ground=data.ground if isinstance(data, CertificateRevoked) else None,
    )


def change_of_successor(event: Event[CertificateExpired]) -> Change | None:
    """That the certificate says something else since: what is right instead is its successor.

    None where it only goes on as a new version, or came to the end that everybody knew.
    """
    data = event.data
    if data.operation != "change" or data.successor is None:
        return None
    return Change(
        evidence=data.certificate,
        version=event.entityversion,
        change="corrected",
        kind=data.kind,
        party=data.party,
        issuer=data.issuer,
        region=_region_of(event),
        successor=data.successor,
    )


def change_of_record(event: Event[RecordCorrected]) -> Change:
    """The predecessor no longer holds; what is right instead is its successor."""
    data = event.data
    return Change(
        evidence=data.predecessor,
        version=event.entityversion,
        change="corrected",
        kind=data.kind,
        party=data.party,
        issuer=data.issuer,
        region=_region_of(event),
        successor=data.record,
    )


def _region_of(event: Event[ContractT]) -> str:
    """Where it happened: a notice to one department has no region in its topic, but all that is recorded has one."""
    assert event.region is not None
    return event.region


def notice_of(telling: Telling) -> EvidenceUsedRevoked | EvidenceUsedReinstated:
    """What the department is told: which evidence, what happened, and which case of its own stands on it."""
    change = telling.change
    if change.change == "reinstated":
        return EvidenceUsedReinstated(
            evidence=change.evidence,
            kind=change.kind,
            party=change.party,
            issuer=change.issuer,
            case=telling.ref,
            item=telling.item,
            purpose=telling.purpose,
        )
    return EvidenceUsedRevoked(
        evidence=change.evidence,
        kind=change.kind,
        party=change.party,
        issuer=change.issuer,
        case=telling.ref,
        item=telling.item,
        purpose=telling.purpose,
        change=change.change,
        ground=change.ground,
        successor=change.successor,
    )

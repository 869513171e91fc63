"""What happens to certificates: issued once per decision, withheld, given back, revoked, expired."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.errors import CertificateNotFound, GroundNotKnown, StateNotFitting, YieldNotAsDecided
from certificates.issuing.model import (
    EXPIRY_TIMER,
    GROUNDS,
    MAY_EXPIRE,
    Certificate,
    Operation,
    State,
    certificates,
    operations,
)
from certificates.issuing.permissions import Viewer
from certificates.issuing.rules import FIRST_VERSION, CertificateNumber, status_entry
from certificates.sealing.commands import seal
from certificates.sealing.ports import Signer
from certificates.sealing.schemas import CertificateDocument, Issuer, StatusEntry
from shared.clock import end_of, legal_date
from shared.contracts.events import (
    CertificateEvent,
    CertificateExpired,
    CertificateIssued,
    CertificateReinstated,
    CertificateRevoked,
    CertificateWithheld,
)
from shared.contracts.yields import CaseYield, Yielded
from shared.ids import random_id
from shared.messaging import outbox
from shared.timers import cancel_timer, set_timer


@dataclass(frozen=True, slots=True)
class Act:
    """An operation as its department asks for it, with the officer who answers for it."""

    operation: Operation
    ground: str
    reason: str
    department: str
    officer: str | None


async def issue_certificates(
    conn: AsyncConnection, decided: CaseYield, *, signer: Signer, zone: str, at: datetime
) -> list[UUID]:
    """Every certificate that the case yields exists, numbered and sealed; `certificate.issued` for each new one.

    What was issued before stays as it is and is not told again. Refuses what the signer refuses.
    """
    done = await queries.issued_indexes(conn, decided.case)
    new = [item for item in decided.yields if item.type == "certificate" and item.index not in done]
    entries = [status_entry(slot) for slot in await queries.take_slots(conn, len(new))]
    documents = [
        _document(decided, item, status=entry, zone=zone, at=at) for item, entry in zip(new, entries, strict=True)
    ]
    seals = await seal(conn, documents, signer=signer, at=at)
    made = [
        _certificate(document, decided.case, item.index, status=entry, seal=set_, at=at)
        for document, item, entry, set_ in zip(documents, new, entries, seals, strict=True)
    ]
    issued = [await _issue(conn, certificate, zone=zone, at=at) for certificate in made]
    return [certificate.id for certificate in issued if certificate is not None]


async def _issue(conn: AsyncConnection, certificate: Certificate, *, zone: str, at: datetime) -> Certificate | None:
    row = insert(certificates).values({column.name: getattr(certificate, column.name) for column in certificates.c})
    # Parallel deliveries meet here: the second waits for the first to commit, and then makes nothing.
    made = await conn.execute(row.on_conflict_do_nothing(index_elements=["case", "index"]).returning(certificates.c.id))
    if made.first() is None:
        return None
    await _note(conn, certificate, Operation.ISSUING, department=certificate.issuer, at=at)
    if certificate.valid_until is not None:
        due_at = end_of(certificate.valid_until, zone)
        await set_timer(conn, kind=EXPIRY_TIMER, subject=certificate.id, due_at=due_at)
    event = CertificateIssued(
        **_named(certificate),
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        case=certificate.case,
        index=certificate.index,
    )
    await _tell(conn, certificate, event, at=at)
    return certificate


async def operate(conn: AsyncConnection, certificate: UUID, act: Act, *, at: datetime) -> Certificate:
    """The certificate is withheld, reinstated or ended, with ground, reason and officer on record; its event is told.

    Refuses whoever did not issue it (CertificateNotFound), a ground that the law does not know for this operation
    (GroundNotKnown), and a state that the ground does not start from (StateNotFitting). DOMAIN 4.4; ALL 69, 70.
    """
    held = await queries.lock_certificate(conn, certificate)
    if not Viewer(department=act.department).may_operate(held.issuer):
        raise CertificateNotFound
    ground = GROUNDS.get(act.ground)
    if ground is None or ground.operation is not act.operation:
        raise GroundNotKnown(known=[code for code, known in GROUNDS.items() if known.operation is act.operation])
    if held.state not in ground.start:
        raise StateNotFitting(state=held.state, fitting=[str(state) for state in sorted(ground.start)])
    changed = await _change(conn, held, ground.end)
    await _note(conn, changed, act.operation, department=act.department, at=at, act=act)
    if ground.end not in MAY_EXPIRE:
        await cancel_timer(conn, kind=EXPIRY_TIMER, subject=held.id)
    await _tell(conn, changed, _event_of(act, changed), at=at)
    return changed


async def expire_certificate(conn: AsyncConnection, certificate: UUID, at: datetime) -> None:
    """Its last day is over: the certificate is expired and `certificate.expired` told. Nothing where it had ended."""
    held = await queries.lock_certificate(conn, certificate)
    if held.state not in MAY_EXPIRE:
        return
    changed = await _change(conn, held, State.EXPIRED)
    await _note(conn, changed, Operation.EXPIRY, department=changed.issuer, at=at)
    await _tell(conn, changed, CertificateExpired(**_named(changed)), at=at)


def _document(
    decided: CaseYield, item: Yielded, *, status: StatusEntry, zone: str, at: datetime
) -> CertificateDocument:
    if item.type_code is None:
        raise YieldNotAsDecided(f"{item.kind} has no certificate type code")
    # The serial is random: numbers tell nothing about how many there are, or when.
    serial = secrets.token_hex(16).upper()
    number = CertificateNumber.compose(type_code=item.type_code, issuer=decided.issuer_uscc, serial=serial)
    return CertificateDocument(
        certificate=random_id(),
        number=str(number),
        version=FIRST_VERSION,
        predecessor=None,
        kind=item.kind,
        kind_label=item.label,
        holder=item.party,
        issuer=Issuer(department=decided.department, name=decided.department_name, uscc=decided.issuer_uscc),
        region=item.region,
        claims=item.claims,
        issued_on=legal_date(at, zone),
        valid_from=item.valid_from,
        valid_until=item.valid_until,
        sealed_at=at,
        status=status,
    )


def _certificate(
    document: CertificateDocument, case: UUID, index: int, *, status: StatusEntry, seal: str, at: datetime
) -> Certificate:
    return Certificate(
        id=document.certificate,
        number=document.number,
        version=document.version,
        predecessor=None,
        kind=document.kind,
        kind_label=document.kind_label.model_dump(),
        holder=document.holder,
        region=document.region,
        issuer=document.issuer.department,
        issuer_name=document.issuer.name.model_dump(),
        case=case,
        index=index,
        claims=dict(document.claims),
        issued_on=document.issued_on,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        state=State.VALID,
        revision=1,
        seal=seal,
        status_list=status.list,
        status_index=status.index,
        issued_at=at,
    )


async def _change(conn: AsyncConnection, held: Certificate, state: State) -> Certificate:
    changed = replace(held, state=state, revision=held.revision + 1)
    row = update(certificates).where(certificates.c.id == held.id)
    await conn.execute(row.values(state=changed.state, revision=changed.revision))
    return changed


async def _note(
    conn: AsyncConnection,
    certificate: Certificate,
    operation: Operation,
    *,
    department: str,
    at: datetime,
    act: Act | None = None,
) -> None:
    row = insert(operations).values(
        certificate=certificate.id,
        revision=certificate.revision,
        operation=operation,
        ground=act and act.ground,
        reason=act and act.reason,
        department=department,
        officer=act and act.officer,
        at=at,
    )
    await conn.execute(row)


def _event_of(act: Act, certificate: Certificate) -> CertificateEvent:
    named = _named(certificate)
    if act.operation is Operation.WITHHOLDING:
        return CertificateWithheld(**named)
    if act.operation is Operation.REINSTATEMENT:
        return CertificateReinstated(**named)
    return CertificateRevoked(**named, ground=act.ground)


def _named(certificate: Certificate) -> dict[str, Any]:
    """What every event of a certificate says: nothing of its claims, nor its number."""
    return {
        "certificate": certificate.id,
        "kind": certificate.kind,
        "party": certificate.holder,
        "issuer": certificate.issuer,
        "state": certificate.state.value,
    }


async def _tell(conn: AsyncConnection, certificate: Certificate, event: CertificateEvent, *, at: datetime) -> None:
    await outbox.record(
        conn,
        event,
        subject=certificate.id,
        version=certificate.revision,
        region=certificate.region,
        kind=certificate.kind,
        at=at,
    )

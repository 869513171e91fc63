"""A decided case becomes certificates, once, whatever is redelivered."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.recording import named, note, tell
from certificates.issuing.errors import YieldNotAsDecided
from certificates.issuing.model import EXPIRY_TIMER, Certificate, Operation, State, certificates
from certificates.issuing.rules import FIRST_VERSION, CertificateNumber, status_entry
from certificates.sealing.commands import seal
from certificates.sealing.ports import Signer
from certificates.sealing.schemas import CertificateDocument, Issuer, StatusEntry
from shared.clock import end_of, legal_date
from shared.contracts.events import CertificateIssued
from shared.contracts.yields import CaseYield, Yielded
from shared.ids import random_id
from shared.timers import set_timer


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
    await note(conn, certificate, Operation.ISSUING, department=certificate.issuer, at=at)
    if certificate.valid_until is not None:
        due_at = end_of(certificate.valid_until, zone)
        await set_timer(conn, kind=EXPIRY_TIMER, subject=certificate.id, due_at=due_at)
    event = CertificateIssued(
        **named(certificate),
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        case=certificate.case,
        index=certificate.index,
    )
    await tell(conn, certificate, event, at=at)
    return certificate


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

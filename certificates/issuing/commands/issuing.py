"""A decided case becomes certificates, once, whatever is redelivered."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.making import Origin, certificate_of
from certificates.issuing.commands.recording import add, named, note, retire, tell, tell_retired
from certificates.issuing.errors import YieldNotAsDecided
from certificates.issuing.model import Certificate, Operation
from certificates.issuing.queries import Place
from certificates.issuing.rules import number_after, status_entry
from certificates.sealing.commands import seal
from certificates.sealing.ports import Signer
from certificates.sealing.schemas import CertificateDocument, Issuer, StatusEntry
from shared.clock import legal_date
from shared.contracts.events import CertificateIssued
from shared.contracts.numbers import NumberSeal
from shared.contracts.yields import CaseYield, Yielded
from shared.ids import random_id


async def issue_certificates(
    conn: AsyncConnection,
    decided: CaseYield,
    *,
    signer: Signer,
    numbers: Mapping[int, NumberSeal] | None = None,
    zone: str,
    at: datetime,
) -> list[UUID]:
    """Every certificate that the case yields exists, numbered and sealed; `certificate.issued` for each new one.

    Of a kind of which nobody has two, it takes the place of those that the holder had in force: these are expired at
    the same instant, and told as such. `numbers`: by index, for those whose pages show their holder's. What was issued
    before stays as it is and is not told again. Refuses what the signer refuses, and two of such a kind for one holder
    (YieldNotAsDecided).
    """
    certificates = [item for item in decided.yields if item.type == "certificate"]
    # Before anything is read: who replaces the same certificate, or delivers the same decision, comes after us.
    await queries.hold_places(conn, _places(certificates))
    done = await queries.issued_indexes(conn, decided.case)
    new = [item for item in certificates if item.index not in done]
    held = await queries.lock_in_force(conn, _places(new))
    replaced = [held.get((item.party, item.kind), []) for item in new]
    made = await _made(conn, decided, new, replaced, signer=signer, numbers=numbers or {}, zone=zone, at=at)
    issued = [await _issue(conn, *each, zone=zone, at=at) for each in zip(made, replaced, strict=True)]
    return [certificate.id for certificate in issued if certificate is not None]


def _places(items: Sequence[Yielded]) -> list[Place]:
    places = [(item.party, item.kind) for item in items if item.one_per_holder]
    if len(set(places)) < len(places):
        raise YieldNotAsDecided("two certificates of a kind of which nobody has two")
    return places


async def _made(
    conn: AsyncConnection,
    decided: CaseYield,
    new: Sequence[Yielded],
    replaced: Sequence[Sequence[Certificate]],
    *,
    signer: Signer,
    numbers: Mapping[int, NumberSeal],
    zone: str,
    at: datetime,
) -> list[Certificate]:
    """The new certificates, sealed."""
    newest = [before[0] if before else None for before in replaced]
    entries = [status_entry(slot) for slot in await queries.take_slots(conn, len(new))]
    documents = [
        _document(decided, item, before, status=entry, number=numbers.get(item.index), zone=zone, at=at)
        for item, before, entry in zip(new, newest, entries, strict=True)
    ]
    seals = await seal(conn, documents, signer=signer, at=at)
    origins = [
        Origin(one_per_holder=item.one_per_holder, case=decided.case, index=item.index, predecessor=before)
        for item, before in zip(new, newest, strict=True)
    ]
    return [
        certificate_of(document, origin, status=entry, seal=set_, at=at)
        for document, origin, entry, set_ in zip(documents, origins, entries, seals, strict=True)
    ]


async def _issue(
    conn: AsyncConnection, certificate: Certificate, before: Sequence[Certificate], *, zone: str, at: datetime
) -> Certificate | None:
    operation = Operation.REPLACEMENT
    retired = [await retire(conn, held, operation, department=certificate.issuer, at=at) for held in before]
    if not await add(conn, certificate, zone=zone):
        return None
    await note(conn, certificate, Operation.ISSUING, department=certificate.issuer, at=at)
    event = CertificateIssued(
        **named(certificate),
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        case=certificate.case,
        index=certificate.index,
        predecessor=certificate.predecessor,
    )
    await tell(conn, certificate, event, at=at)
    for each in retired:
        await tell_retired(conn, each, operation, successor=certificate.id, at=at)
    return certificate


def _document(
    decided: CaseYield,
    item: Yielded,
    before: Certificate | None,
    *,
    status: StatusEntry,
    number: NumberSeal | None,
    zone: str,
    at: datetime,
) -> CertificateDocument:
    if item.type_code is None:
        raise YieldNotAsDecided(f"{item.kind} has no certificate type code")
    # The serial is random: numbers tell nothing about how many there are, or when.
    name = number_after(
        before.number if before else None,
        type_code=item.type_code,
        issuer=decided.issuer_uscc,
        serial=secrets.token_hex(16).upper(),
    )
    return CertificateDocument(
        certificate=random_id(),
        number=str(name),
        version=name.version,
        predecessor=before.number if before else None,
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
        **({} if number is None else {"identity_number": number}),
    )

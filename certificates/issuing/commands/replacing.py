"""A new version takes the place of a certificate, at one instant: it is renewed (延续) or changed (变更)."""

import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.acting import Act, allow
from certificates.issuing.commands.making import Origin, certificate_of
from certificates.issuing.commands.recording import add, named, note, retire, tell, tell_retired
from certificates.issuing.errors import CertificateNotFound, ClaimsNotValid, StateNotFitting
from certificates.issuing.model import Certificate, State
from certificates.issuing.rules import CertificateNumber, changed_claims, number_after, renewed_until, status_entry
from certificates.sealing.commands import seal
from certificates.sealing.errors import NotSealable
from certificates.sealing.ports import Signer
from certificates.sealing.rules import credit_code_of, document_in
from certificates.sealing.schemas import CertificateDocument, Issuer, StatusEntry
from shared.clock import legal_date
from shared.contracts.events import CertificateRenewed
from shared.evidence.vocabulary import Vocabulary
from shared.schemas import Text


@dataclass(frozen=True, slots=True)
class Press:
    """What a new version is made with: who signs, and where days are counted."""

    signer: Signer
    zone: str


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What the new version says of its own, and whose it is."""

    id: UUID
    claims: dict[str, JsonValue]
    valid_until: date | None
    department: str
    department_name: Text


async def renew_certificate(
    conn: AsyncConnection,
    certificate: UUID,
    act: Act,
    *,
    successor: UUID,
    valid_until: date | None,
    press: Press,
    at: datetime,
) -> Certificate:
    """The certificate goes on as `successor`, its next version, until this day (None: for the same term again).

    The old one is expired in the same transaction; `certificate.renewed` and `certificate.expired` are told. Refuses as
    `allow`, and an end that renews nothing (TermNotFitting). ALL Art 50.
    """
    today = legal_date(at, press.zone)
    held = await take(conn, certificate, act, today=today)
    until = renewed_until(held, valid_until, today=today)
    return await replace(conn, held, act, _same_issuer(held, successor, held.claims, until), press=press, at=at)


async def change_certificate(
    conn: AsyncConnection,
    certificate: UUID,
    act: Act,
    *,
    successor: UUID,
    claims: Mapping[str, JsonValue],
    vocabulary: Vocabulary,
    press: Press,
    at: datetime,
) -> Certificate:
    """The certificate goes on as `successor`, its next version, which says `claims` where the old one said otherwise.

    The old one is expired in the same transaction; `certificate.renewed` and `certificate.expired` are told. Refuses as
    `allow`, claims that its kind does not hold (ClaimsNotValid), and no change (NothingChanged). ALL Art 49.
    """
    held = await take(conn, certificate, act, today=legal_date(at, press.zone))
    said = changed_claims(held, claims, vocabulary=vocabulary)
    return await replace(conn, held, act, _same_issuer(held, successor, said, held.valid_until), press=press, at=at)


def _same_issuer(
    held: Certificate, successor: UUID, claims: dict[str, JsonValue], valid_until: date | None
) -> NewVersion:
    return NewVersion(successor, claims, valid_until, held.issuer, Text.model_validate(held.issuer_name))


async def take(conn: AsyncConnection, certificate: UUID, act: Act, *, today: date) -> Certificate:
    """The certificate, locked, if it may be replaced: first its place, so that nobody fills it meanwhile."""
    seen = await queries.find_certificate(conn, certificate)
    if seen is None:
        raise CertificateNotFound
    await queries.hold_places(conn, [(seen.holder, seen.kind)])
    held = await queries.lock_certificate(conn, certificate)
    ground = allow(held, act)
    if held.valid_until is not None and held.valid_until < today:
        # Its last day is over, and its timer is about to say so.
        raise StateNotFitting(state=State.EXPIRED, fitting=[str(state) for state in sorted(ground.start)])
    return held


async def replace(
    conn: AsyncConnection, held: Certificate, act: Act, new: NewVersion, *, press: Press, at: datetime
) -> Certificate:
    """The new version is in force, the old one expired, and both are told. The old one was taken."""
    with _sealing():
        [slot] = await queries.take_slots(conn, 1)
        entry = status_entry(slot)
        document = _document(held, new, press, status=entry, at=at)
        [set_] = await seal(conn, [document], signer=press.signer, at=at)
    origin = Origin(one_per_holder=held.one_per_holder, predecessor=held)
    made = certificate_of(document, origin, status=entry, seal=set_, at=at)
    retired = await retire(conn, held, act.operation, department=act.department, at=at, act=act)
    await add(conn, made, zone=press.zone)
    await note(conn, made, act.operation, department=act.department, at=at, act=act)
    event = CertificateRenewed(
        **named(made),
        predecessor=held.id,
        operation=act.operation.value,
        issued_on=made.issued_on,
        valid_until=made.valid_until,
    )
    await tell(conn, made, event, at=at)
    await tell_retired(conn, retired, act.operation, successor=made.id, at=at)
    return made


def _document(
    held: Certificate, new: NewVersion, press: Press, *, status: StatusEntry, at: datetime
) -> CertificateDocument:
    uscc = credit_code_of(press.signer.certificate_of(new.department)) or ""
    before = document_in(held.seal) if held.seal else None
    number = number_after(
        held.number,
        type_code=CertificateNumber.parse(held.number).type_code,
        issuer=uscc,
        serial=secrets.token_hex(16).upper(),
    )
    today = legal_date(at, press.zone)
    return CertificateDocument(
        certificate=new.id,
        number=str(number),
        version=number.version,
        predecessor=held.number,
        kind=held.kind,
        kind_label=Text.model_validate(held.kind_label),
        holder=held.holder,
        issuer=Issuer(department=new.department, name=new.department_name, uscc=uscc),
        region=held.region,
        claims=new.claims,
        issued_on=today,
        valid_from=max(today, held.valid_from),
        valid_until=new.valid_until,
        sealed_at=at,
        status=status,
        **({} if before is None or before.identity_number is None else {"identity_number": before.identity_number}),
    )


@contextmanager
def _sealing() -> Generator[None]:
    try:
        yield
    except NotSealable:
        raise ClaimsNotValid(errors=[{"pointer": "/body/claims", "reason": "cannot be sealed"}]) from None

"""What happens to copies: they are made. They end without anybody's doing."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.copies.errors import NotToBeCopied
from certificates.copies.model import Copy, copies
from certificates.copies.rules import COPY_TYPE, check_term, watermark_of
from certificates.copies.schemas import CertificateCopy
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.permissions import Viewer
from certificates.issuing.queries import lock_certificate
from certificates.issuing.rules import is_in_force
from certificates.sealing.commands import note_uses
from certificates.sealing.errors import NoSealKey
from certificates.sealing.model import Form
from certificates.sealing.ports import Signer
from certificates.sealing.rules import compact_jws, credit_code_of, document_in, header_for, was_valid
from shared.clock import legal_date


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants a copy for, until when."""

    purpose: str
    valid_until: date
    by: UUID


@dataclass(frozen=True, slots=True)
class Desk:
    """Who signs, and where days are counted."""

    signer: Signer
    zone: str


async def make_copy(
    conn: AsyncConnection,
    certificate: UUID,
    wish: Wish,
    *,
    copy: UUID,
    looking: Viewer,
    desk: Desk,
    at: datetime,
) -> Copy:
    """A copy exists, for this purpose and until this day, sealed by the department that issued the certificate.

    Refuses whoever may not hold the certificate (CertificateNotFound), one that is not in force (NotToBeCopied)
    or has no sealed document (CertificateNotSealed), and a last day that cannot be (CopyTermNotFitting). DOMAIN 4.5.
    """
    held = await lock_certificate(conn, certificate)
    if not looking.may_hold(held.holder):
        raise CertificateNotFound
    today = legal_date(at, desk.zone)
    if not is_in_force(held, day=today):
        raise NotToBeCopied(state=held.state)
    check_term(held, wish.valid_until, today=today)
    watermark = watermark_of(wish.purpose, made_on=today, valid_until=wish.valid_until)
    content = CertificateCopy(
        id=copy,
        certificate=document_in(held.sealed),
        purpose=wish.purpose,
        watermark=watermark,
        made_at=at,
        valid_until=wish.valid_until,
    )
    seal = await _sealed(conn, content, signer=desk.signer, at=at)
    made = Copy(copy, held.id, wish.purpose, watermark.model_dump(), wish.by, at, wish.valid_until, seal)
    await conn.execute(insert(copies).values(asdict(made)))
    return made


async def _sealed(conn: AsyncConnection, content: CertificateCopy, *, signer: Signer, at: datetime) -> str:
    """By the seal of the certificate's issuer, and on record that it was set."""
    issuer = content.certificate.issuer
    seal = signer.certificate_of(issuer.department)
    if credit_code_of(seal) != issuer.uscc or not was_valid(seal, at):
        raise NoSealKey(holder=issuer.department)
    payload, header = content.canonical(), header_for(seal, typ=COPY_TYPE)
    token = await signer.apart(lambda: compact_jws(header, payload, lambda message: signer.sign(seal, message)))
    await note_uses(conn, Form.COPY, [(issuer.department, seal, content.certificate.certificate)], at=at)
    return token

"""Making the document of a certificate: typeset, sealed, timestamped, kept.

What takes CPU runs in threads of its own, the timestamp is fetched, and only then a transaction begins.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.copies.model import Copy
from certificates.copies.rules import check_usable, copy_file, copy_in
from certificates.documents.errors import CertificateNotInForce, NumberForItsHolder, NumberNotPrinted
from certificates.documents.model import DocumentForm
from certificates.documents.pades import Evidence, Unstamped, seal_pdf, stamped
from certificates.documents.ports import TimestampAuthority
from certificates.documents.queries import find_document, keep_document
from certificates.documents.rules import Page, content_of, copy_page, may_be_printed, number_shown, page, qr_text
from certificates.documents.timestamps import Timestamp
from certificates.documents.typesetting import Typesetter
from certificates.issuing.model import Certificate
from certificates.issuing.ports import Numbers
from certificates.sealing.commands import note_uses
from certificates.sealing.errors import NoSealKey
from certificates.sealing.model import Form
from certificates.sealing.ports import Signer
from certificates.sealing.rules import credit_code_of, document_in, sealed_file, was_valid
from certificates.sealing.schemas import CertificateDocument
from shared.clock import Clock, legal_date
from shared.contracts.events import AccessedEvidence
from shared.contracts.evidence import Grant, Want
from shared.contracts.numbers import NumberSeal, PrintNumber, number_digest
from shared.contracts.sharing import SharingRules
from shared.database import Database
from shared.evidence.errors import GrantRefused
from shared.evidence.reader import check_not_closed, record_access
from shared.evidence.rules import refusal
from shared.http import Refused


def _two_threads() -> Executor:
    # Half of the work is typst's, which needs no interpreter lock; more threads would only keep requests waiting.
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="documents")


@dataclass(frozen=True)
class Press:
    """What documents are made with. Holds nothing of any certificate."""

    database: Database
    signer: Signer
    typesetter: Typesetter
    timestamps: TimestampAuthority
    numbers: Numbers
    # What the catalogue says now: what data are called, and in which order a kind has them.
    catalogue: Callable[[], SharingRules]
    # The page that verifies; a QR code leads there.
    verify: str
    zone: str
    clock: Clock
    threads: Executor = field(default_factory=_two_threads)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a document: their access token, and the statement by which they act for somebody else."""

    token: str
    representation: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A department that asks for what it issued, by which officer, and the grant that says why."""

    department: str
    officer: str | None
    grant: Grant


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to be made of a certificate: what it shows, the sealed file it is a picture of, whose seal it gets."""

    certificate: Certificate
    shown: Page
    file: bytes
    seal: x509.Certificate
    # What it is kept as.
    form: str


async def pdf_of(press: Press, certificate: Certificate, *, by: Asker | None) -> bytes:
    """The certificate as a sealed PDF: the same bytes for whoever asks again, until a template or a key is changed.

    One that shows its holder's number is made each time, with identity's help, and kept nowhere: for its holder and who
    acts for them, and refused to who is neither (NumberForItsHolder).

    Refuses one that is not in force (CertificateNotInForce), a character that no font has (GlyphMissing), a department
    whose key is not here (NoSealKey), where nobody gives a timestamp (TimestampUnavailable), and where identity does
    not give the number that was sealed (NumberNotPrinted). On record: that the keys were used, also when another
    request was faster and its document is kept.
    """
    at = press.clock()
    if not may_be_printed(certificate, day=legal_date(at, press.zone)):
        raise CertificateNotInForce(state=certificate.state)
    document = document_in(certificate.sealed)
    seal, file = _seal_for(press.signer, document, at=at), sealed_file(certificate.sealed)
    if document.identity_number is not None:
        if by is None:
            raise NumberForItsHolder
        number = await _number_of(press, certificate, document.identity_number, by=by)
        sheet = Sheet(certificate, _page(press, document, number=number), file, seal, DocumentForm.PDF)
        return await _made(press, sheet, content=None, at=at)
    return await _kept_or_made(press, Sheet(certificate, _page(press, document), file, seal, DocumentForm.PDF), at=at)


async def pdf_for_issuer(press: Press, certificate: Certificate, reading: Reading) -> bytes:
    """The certificate as a sealed PDF for the department that issued it. `data.accessed` says so to its holder.

    The issuer wrote all that is in it: it needs a reason and not a sharing rule. Refuses a grant that is not for this
    department, this holder, this kind and now, or whose case is closed (GrantRefused), and else what `pdf_of` refuses;
    a kind that prints its holder's number is printed for its holder alone (NumberForItsHolder).
    """
    grant, at = reading.grant, press.clock()
    want = Want(party=certificate.holder, kinds=[certificate.kind])
    reason = refusal(grant, reader=reading.department, wants=[want], at=at)
    if reason is not None:
        raise GrantRefused(reason)
    made = await pdf_of(press, certificate, by=None)
    accessed = AccessedEvidence(
        party=certificate.holder,
        kind=certificate.kind,
        attributes=tuple(sorted(certificate.claims)),
        evidence=certificate.id,
    )
    # Committed before it leaves: what was read is always on record.
    async with press.database.transaction() as conn:
        await check_not_closed(conn, grant)
        await record_access(conn, (accessed,), grant=grant, officer=reading.officer or grant.officer, at=at)
    return made


async def pdf_of_copy(press: Press, certificate: Certificate, copy: Copy) -> bytes:
    """The copy as a sealed PDF: the certificate's page marked with purpose and last day, around the copy's sealed file.

    It shows no identity number, whatever its kind: a copy is to show something, and not to identify anybody.

    Refuses one whose certificate is not in force (NotToBeCopied) or whose last day is over (CopyEnded), and else what
    `pdf_of` refuses. On record: that the keys were used.
    """
    at = press.clock()
    check_usable(certificate, valid_until=copy.valid_until, day=legal_date(at, press.zone))
    said = copy_in(copy.seal)
    seal = _seal_for(press.signer, said.certificate, at=at)
    shown = copy_page(_page(press, said.certificate, shows_number=False), said)
    form = f"{DocumentForm.COPY}:{copy.id}"
    return await _kept_or_made(press, Sheet(certificate, shown, copy_file(copy.seal), seal, form), at=at)


async def _kept_or_made(press: Press, sheet: Sheet, *, at: datetime) -> bytes:
    # Also of who timestamps: a document with the timestamp of a key that was stolen since is believed by nobody.
    chain = b"".join(each.fingerprint(SHA256()) for each in _evidence(press, sheet.seal).certificates)
    content = content_of(sheet.file, sheet.shown, typesetting=press.typesetter.digest, chain=chain)
    async with press.database.read() as conn:
        kept = await find_document(conn, sheet.certificate.id, sheet.form, content=content)
    return kept or await _made(press, sheet, content=content, at=at)


async def _number_of(press: Press, certificate: Certificate, seal: NumberSeal, *, by: Asker) -> str:
    """The holder's number, which is the one that the certificate was sealed over."""
    asked = PrintNumber(
        party=certificate.holder,
        certificate=certificate.id,
        issuer=certificate.issuer,
        region=certificate.region,
        seal=seal,
        token=by.token,
        representation=by.representation,
    )
    try:
        printed = await press.numbers.printed(asked)
    except Refused:
        raise NumberNotPrinted from None
    if number_digest(printed.number, printed.salt) != seal.digest:
        raise NumberNotPrinted
    return printed.number


async def _made(press: Press, sheet: Sheet, *, content: bytes | None, at: datetime) -> bytes:
    """The file, on record that keys were used for it, and kept under its content, if it has one."""
    certificate, loop = sheet.certificate.id, asyncio.get_running_loop()
    sealed = await loop.run_in_executor(press.threads, _sealed_page, press, sheet, at)
    timestamp = await press.timestamps.stamp(sealed.imprint)
    made = stamped(sealed, timestamp)
    async with press.database.transaction() as conn:
        await _note(conn, press, sheet, timestamp, at=at)
        if content is None:
            return made
        row = {"certificate": certificate, "form": sheet.form, "content": content, "bytes": made}
        first = await keep_document(conn, row | {"created_at": at})
        other = None if first else await find_document(conn, certificate, sheet.form, content=content)
    return other or made


async def _note(conn: AsyncConnection, press: Press, sheet: Sheet, timestamp: Timestamp, *, at: datetime) -> None:
    certificate = sheet.certificate
    uses = [(certificate.issuer, sheet.seal, certificate.id)]
    await note_uses(conn, Form.QR, uses, at=at)
    await note_uses(conn, Form.PDF, uses, at=at)
    if press.timestamps.office is not None:
        stamp = (press.timestamps.office.value, timestamp.certificate, certificate.id)
        await note_uses(conn, Form.TIMESTAMP, [stamp], at=at)


def _seal_for(signer: Signer, document: CertificateDocument, *, at: datetime) -> x509.Certificate:
    holder = document.issuer.department
    seal = signer.certificate_of(holder)
    if credit_code_of(seal) != document.issuer.uscc or not was_valid(seal, at):
        raise NoSealKey(holder=holder)
    return seal


def _page(press: Press, document: CertificateDocument, *, number: str | None = None, shows_number: bool = True) -> Page:
    said = press.catalogue()
    kind = next((kind for kind in said.kinds if kind.code == document.kind), None)
    return page(
        document,
        labels=said.labels,
        words=press.typesetter.words,
        order=kind.attributes if kind else (),
        number=number_shown(number, wanted=shows_number and kind is not None and kind.prints_number),
        verify=press.verify,
    )


def _sealed_page(press: Press, sheet: Sheet, at: datetime) -> Unstamped:
    certificate, seal = sheet.certificate, sheet.seal

    def sign(message: bytes) -> bytes:
        return press.signer.sign(seal, message)

    code = qr_text(certificate, verify=press.verify, seal=seal, sign=sign)
    pdf = press.typesetter.pdf(certificate.kind, sheet.shown, qr=code, file=sheet.file, at=at)
    return seal_pdf(pdf, certificate=seal, sign=sign, evidence=_evidence(press, seal), at=at)


def _evidence(press: Press, seal: x509.Certificate) -> Evidence:
    root = x509.load_pem_x509_certificate(press.signer.root_pem)
    office = press.timestamps.office
    stamping = [press.signer.certificate_of(office)] if office is not None else []
    crls = [press.signer.root_crl, *press.timestamps.crls]
    anchors = [each for each in press.timestamps.anchors if each != root]
    return Evidence(certificates=[root, seal, *stamping, *anchors], crls=list(dict.fromkeys(crls)))

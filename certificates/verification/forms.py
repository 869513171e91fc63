"""What somebody shows, in whichever form: recognised by its first bytes, opened by the one opener of its form. Pure.

A further form is one more entry in `OPENERS` and in `form_of`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson
from cryptography import x509
from joserfc.util import urlsafe_b64decode
from pydantic import JsonValue

from certificates.copies.rules import COPY_TYPE, open_copy
from certificates.credentials.errors import NotACredential
from certificates.credentials.rules import Challenge, OpenedCredential, open_credential
from certificates.credentials.rules.claims import ISSUED_ON, NUMBER
from certificates.documents.errors import NotSealed
from certificates.documents.opening import open_pdf
from certificates.documents.rules import QR_TYPE
from certificates.sealing.errors import SealRefused
from certificates.sealing.schemas import StatusEntry
from certificates.verification.codes import open_code
from certificates.verification.errors import NotGenuine
from certificates.verification.sealed import OpenedDocument, opened_document
from certificates.verification.trust import Trust
from shared.clock import legal_date
from shared.schemas import Text


class Form(StrEnum):
    """How a certificate is shown."""

    PDF = "pdf"
    FILE = "file"  # the sealed file {"certificate", "seal"}
    SEAL = "seal"  # its bare seal, a compact JWS
    QR = "qr"  # the QR code on a page
    COPY = "copy"  # a copy for one purpose, {"copy", "seal"} or its bare seal
    CREDENTIAL = "credential"  # what a wallet shows, with or without the proof of its key
    NUMBER = "number"  # the number alone: only the register can tell


class KeyBinding(StrEnum):
    """Of a credential: whether who shows it proved to hold the key that it was issued to (RFC 9901 section 4.3)."""

    PROVEN = "proven"  # to who asks now, by the audience and the nonce that they gave
    NOT_CHECKED = "not-checked"  # there is a proof that holds in itself; for whom it was made is not known
    MISSING = "missing"  # there is no proof, and nobody asked for one


@dataclass(frozen=True, slots=True)
class Presented:
    """What is shown, once its seal is found to hold. What this form does not say is None.

    `seal` is the seal that the register keeps, where this form has it; `sealed_by` and `sealed_at` are of whichever
    seal it has, and the instant is its own claim. `dated_at`: by then it was there, as somebody else says.
    """

    form: Form
    status: StatusEntry | None
    number: str | None
    kind: str
    issuer: str
    sealed_by: x509.Certificate
    sealed_at: datetime | None = None
    dated_at: datetime | None = None
    seal: str | None = None
    # Of a copy: what it is for, and its own last day.
    purpose: str | None = None
    purpose_until: date | None = None
    certificate: UUID | None = None
    kind_label: Text | None = None
    issuer_name: Text | None = None
    holder: str | None = None
    issued_on: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    key_binding: KeyBinding | None = None
    # All claims, or those that their holder shows; None where this form has none.
    claims: Mapping[str, JsonValue] | None = None


Opener = Callable[[bytes, Trust, datetime], Presented]
MAX_BYTES: Final = 524_288
PAGE: Final = "/verify"
_COPY: Final = b'{"copy":'
_BY_TYPE: Final[Mapping[str, Form]] = {QR_TYPE: Form.QR, COPY_TYPE: Form.COPY}


def open_shown(shown: bytes, trust: Trust, at: datetime, *, challenge: Challenge | None = None) -> Presented:
    """What is shown, in any form; raises `NotGenuine`, with the first check that failed.

    Every byte is as a department sealed it, by a certificate of this root that was valid then. Whether that was revoked
    is still to be asked: of the register, or of `Trust.check_not_revoked`. To a `challenge` only a credential answers,
    by the proof of its holder's key: what else is shown proves nothing of who shows it.
    """
    if not 0 < len(shown) <= MAX_BYTES:
        raise NotGenuine("unreadable")
    form = form_of(shown)
    if form is Form.CREDENTIAL:
        return _open_credential(shown, trust, at, challenge=challenge)
    if challenge is not None:
        raise NotGenuine("key-binding-missing")
    return OPENERS[form](shown, trust, at)


def form_of(shown: bytes) -> Form:
    """By its first bytes. What looks like none is taken for a seal, which it will not be."""
    if shown.startswith(b"%PDF-"):
        return Form.PDF
    if shown.startswith(_COPY):
        return Form.COPY
    if shown.startswith(b"{"):
        return Form.FILE
    if b"~" in shown:
        return Form.CREDENTIAL
    if shown.startswith((b"https://", b"http://")):
        return Form.QR
    return _BY_TYPE.get(_type_in(shown), Form.SEAL)


def _type_in(token: bytes) -> str:
    try:
        header = orjson.loads(urlsafe_b64decode(token[:8192].split(b".", 1)[0]))
    except ValueError:
        return ""
    return str(header.get("typ")) if isinstance(header, dict) else ""


def _open_pdf(shown: bytes, trust: Trust, at: datetime) -> Presented:
    if b"/ByteRange" not in shown:
        raise NotGenuine("not-sealed")
    crls = () if trust.crl is None else (trust.crl,)
    try:
        page = open_pdf(shown, trust.root_pem, crls=crls, timestamp_anchors=trust.anchors)
    except NotSealed as refusal:
        raise NotGenuine(refusal.code) from None
    if page.is_copy:
        presented = _open_copy(page.file, trust, at)
    else:
        presented = _of_document(Form.PDF, opened_document(page.file, trust.root_pem))
    # The page was around the file when it was timestamped: so old the file is, whatever it says.
    return replace(presented, form=Form.PDF, dated_at=page.sealed_at)


def _open_document(shown: bytes, trust: Trust, _: datetime) -> Presented:
    opened = opened_document(shown, trust.root_pem)
    return _of_document(Form.FILE if shown.startswith(b"{") else Form.SEAL, opened)


def _of_document(form: Form, opened: OpenedDocument) -> Presented:
    content = opened.content
    return Presented(
        form=form,
        status=content.status,
        number=content.number,
        kind=content.kind,
        issuer=content.issuer.department,
        sealed_by=opened.certificate,
        sealed_at=content.sealed_at,
        seal=opened.seal,
        certificate=content.certificate,
        kind_label=content.kind_label,
        issuer_name=content.issuer.name,
        holder=str(content.holder),
        issued_on=content.issued_on,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        claims=content.claims,
    )


def _open_copy(shown: bytes, trust: Trust, _: datetime) -> Presented:
    try:
        opened = open_copy(shown, trust.root_pem)
    except SealRefused as refusal:
        raise NotGenuine(refusal.code) from None
    copy, content = opened.content, opened.content.certificate
    return Presented(
        form=Form.COPY,
        status=content.status,
        number=content.number,
        kind=content.kind,
        issuer=content.issuer.department,
        sealed_by=opened.sealed_by,
        sealed_at=copy.made_at,
        purpose=copy.purpose,
        purpose_until=copy.valid_until,
        certificate=content.certificate,
        kind_label=content.kind_label,
        issuer_name=content.issuer.name,
        holder=str(content.holder),
        issued_on=content.issued_on,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        claims=content.claims,
    )


def _open_code(shown: bytes, trust: Trust, _: datetime) -> Presented:
    address, found, token = shown.decode("latin-1").rpartition("#")
    if found and trust.platform is not None and address != trust.platform + PAGE:
        raise NotGenuine("address-wrong")
    code, seal = open_code(token, trust)
    return Presented(
        form=Form.QR,
        status=code.status,
        number=code.number,
        kind=code.kind,
        issuer=code.issuer,
        # It does not say when it was sealed: pages are printed for years after.
        sealed_by=seal,
        certificate=code.certificate,
        holder=code.holder,
        issued_on=code.issued_on,
        valid_until=code.valid_until,
    )


def _open_credential(shown: bytes, trust: Trust, at: datetime, *, challenge: Challenge | None = None) -> Presented:
    try:
        opened = open_credential(shown.decode("latin-1"), trust.root_pem, at, challenge=challenge)
    except NotACredential as refusal:
        raise NotGenuine(refusal.code) from None
    return Presented(
        form=Form.CREDENTIAL,
        status=opened.status,
        number=opened.number,
        kind=opened.kind,
        issuer=opened.department,
        sealed_by=opened.seal,
        sealed_at=opened.issued_at,
        key_binding=_key_binding(opened),
        valid_from=legal_date(opened.valid_from, trust.zone),
        valid_until=None if opened.valid_until is None else _day_before(opened.valid_until, trust.zone),
        claims={name: value for name, value in opened.claims.items() if name not in (NUMBER, ISSUED_ON)},
    )


def _key_binding(opened: OpenedCredential) -> KeyBinding:
    if opened.is_held:
        return KeyBinding.PROVEN
    return KeyBinding.NOT_CHECKED if opened.is_bound else KeyBinding.MISSING


def _day_before(end: datetime, zone: str) -> date:
    """The last day, of which this instant is the end."""
    return legal_date(end - timedelta(seconds=1), zone)


OPENERS: Final[Mapping[Form, Opener]] = {
    Form.PDF: _open_pdf,
    Form.FILE: _open_document,
    Form.SEAL: _open_document,
    Form.QR: _open_code,
    Form.COPY: _open_copy,
    Form.CREDENTIAL: _open_credential,
}

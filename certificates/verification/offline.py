"""Is this document genuine? Answered from the document and the platform's root certificate alone. Pure.

What only the register knows (withheld, revoked, cancelled) cannot be seen here; `POST /v1/verifications` sees it.
"""

from datetime import date, datetime
from typing import Literal

import orjson

from certificates.issuing.rules import CertificateNumber
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import (
    MAX_DOCUMENT_BYTES,
    OpenedSeal,
    credit_code_of,
    open_seal,
    revocations_in,
    sealed_file,
    segments_of,
)
from certificates.sealing.schemas import CertificateDocument
from certificates.verification.errors import NotGenuine, Reason, ReasonCode, reason
from shared.clock import legal_date
from shared.schemas import Strict, Text

State = Literal["in force", "not yet", "expired", "unknown"]


class Verdict(Strict):
    """What a document shows by itself. Where it is not genuine, nothing of its content is repeated."""

    genuine: bool
    state: State
    number: str | None = None
    kind: str | None = None
    kind_label: Text | None = None
    holder: str | None = None
    issuer: str | None = None
    issuer_name: Text | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    reasons: tuple[Reason, ...] = ()


def verify_document(
    document: bytes, root_pem: bytes, at: datetime, *, zone: str = "Asia/Shanghai", crl: bytes | None = None
) -> Verdict:
    """Judge a document: the file `{"certificate", "seal"}` or its bare seal (a compact JWS). Raises for no document.

    Genuine: every byte is as a department sealed it, with a certificate of this root that was valid at that time and,
    where there is a `crl`, is not revoked; one that was merely replaced counts for what it sealed before. Refuses
    (NotASeal) a list that is not this root's.
    """
    try:
        content = open_document(document, root_pem, crl=crl)
    except NotGenuine as refusal:
        return Verdict(genuine=False, state="unknown", reasons=(reason(refusal.code),))
    state, why = state_on(legal_date(at, zone), valid_from=content.valid_from, valid_until=content.valid_until)
    return Verdict(
        genuine=True,
        state=state,
        number=content.number,
        kind=content.kind,
        kind_label=content.kind_label,
        holder=str(content.holder),
        issuer=content.issuer.department,
        issuer_name=content.issuer.name,
        issued_on=content.issued_on,
        valid_until=content.valid_until,
        reasons=tuple(reason(code) for code in why),
    )


def state_on(day: date, *, valid_from: date, valid_until: date | None) -> tuple[State, list[ReasonCode]]:
    """In force from `valid_from` to `valid_until`, both days included; no end where there is none."""
    if day < valid_from:
        return "not yet", ["not-yet-valid"]
    if valid_until is not None and day > valid_until:
        return "expired", ["expired"]
    return "in force", []


def open_document(document: bytes, root_pem: bytes, *, crl: bytes | None = None) -> CertificateDocument:
    """The content of a genuine document; raises `NotGenuine`.

    Order (GB/T 38540): form, seal certificate, signature, content, and whether they belong together. Without a list of
    revoked certificates it is for the caller to know that this seal was set.
    """
    try:
        opened = open_seal(seal_in(document), root_pem)
    except SealRefused as refusal:
        raise NotGenuine(refusal.code) from None
    content = _content(opened.payload)
    _check_belongs(content, opened)
    revoked = revocations_in(crl, root_pem).get(opened.certificate.serial_number) if crl is not None else None
    if revoked is not None and not revoked.spares(content.sealed_at):
        raise NotGenuine("seal-revoked")
    return content


def seal_in(document: bytes) -> str:
    """The compact JWS of either form. The file form has one byte representation, so nothing can be added to it."""
    if len(document) > 2 * MAX_DOCUMENT_BYTES:
        raise NotGenuine("unreadable")
    if not document.startswith(b"{"):
        return _ascii(document)
    try:
        seal = _ascii(orjson.loads(document)["seal"].encode())
    except (ValueError, KeyError, AttributeError):
        raise NotGenuine("unreadable") from None
    segments_of(seal)
    if document != sealed_file(seal):
        raise NotGenuine("altered")
    return seal


def _ascii(text: bytes) -> str:
    try:
        return text.decode("ascii")
    except UnicodeDecodeError:
        raise NotGenuine("unreadable") from None


def _content(payload: bytes) -> CertificateDocument:
    try:
        content = CertificateDocument.model_validate_json(payload)
        canonical = content.canonical()
    except ValueError:
        raise NotGenuine("content-wrong") from None
    if canonical != payload:
        raise NotGenuine("altered")
    return content


def _check_belongs(content: CertificateDocument, opened: OpenedSeal) -> None:
    if not opened.was_in_time(content.sealed_at):
        raise NotGenuine("seal-not-in-time")
    try:
        number = CertificateNumber.parse(content.number)
    except ValueError:
        raise NotGenuine("number-wrong") from None
    if not number.agrees or number.version != content.version:
        raise NotGenuine("number-wrong")
    if not (credit_code_of(opened.certificate) == content.issuer.uscc == number.issuer):
        raise NotGenuine("issuer-differs")

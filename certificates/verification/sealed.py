"""The sealed file `{"certificate", "seal"}` and its bare seal, opened. Pure."""

from dataclasses import dataclass

import orjson
from cryptography import x509

from certificates.issuing.rules import CertificateNumber
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import (
    MAX_DOCUMENT_BYTES,
    OpenedSeal,
    credit_code_of,
    holder_of,
    open_seal,
    sealed_file,
    segments_of,
)
from certificates.sealing.schemas import CertificateDocument
from certificates.verification.errors import NotGenuine


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A genuine document, its seal (a compact JWS), and by whose certificate it was set."""

    content: CertificateDocument
    seal: str
    certificate: x509.Certificate


def opened_document(document: bytes, root_pem: bytes) -> OpenedDocument:
    """A genuine document; raises `NotGenuine`. Whether its seal was revoked is still to be asked.

    Order (GB/T 38540): form, seal certificate, signature, content, and whether they belong together.
    """
    try:
        seal = _seal_in(document)
        opened = open_seal(seal, root_pem)
    except SealRefused as refusal:
        raise NotGenuine(refusal.code) from None
    content = _content(opened.payload)
    _check_belongs(content, opened)
    return OpenedDocument(content, seal, opened.certificate)


def _seal_in(document: bytes) -> str:
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
    by, issuer = opened.certificate, content.issuer
    if not (credit_code_of(by) == issuer.uscc == number.issuer and holder_of(by) == issuer.department):
        raise NotGenuine("issuer-differs")

"""What stands on a copy, until when, and whether one that is shown is genuine. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import orjson
from cryptography import x509
from joserfc.util import urlsafe_b64decode

from certificates.copies.errors import CopyEnded, CopyTermNotFitting, NotToBeCopied
from certificates.copies.schemas import CertificateCopy
from certificates.issuing.model import Certificate
from certificates.issuing.rules import is_in_force
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import MAX_DOCUMENT_BYTES, credit_code_of, holder_of, open_seal
from shared.schemas import Text

COPY_TYPE: Final = "certificate-copy+jws"
LONGEST: Final = timedelta(days=366)


def watermark_of(purpose: str, *, made_on: date, valid_until: date) -> Text:
    """What is printed across a copy: for what, made when, good until when."""
    return Text(
        zh=f"仅供“{purpose}”使用，{made_on:%Y-%m-%d} 制作，{valid_until:%Y-%m-%d} 后失效",
        en=f"Only for: {purpose}. Made {made_on:%Y-%m-%d}, not valid after {valid_until:%Y-%m-%d}",
    )


def check_term(certificate: Certificate, valid_until: date, *, today: date) -> None:
    """Refuses (CopyTermNotFitting) a last day that is past, more than a year away, or after the certificate's."""
    latest = min(today + LONGEST, certificate.valid_until or date.max)
    if not today <= valid_until <= latest:
        raise CopyTermNotFitting(earliest=today.isoformat(), latest=latest.isoformat())


def holds(certificate: Certificate, *, valid_until: date, day: date) -> bool:
    """Whether a copy may be used on this day: its certificate is in force, and its own last day is not over."""
    return is_in_force(certificate, day=day) and day <= valid_until


def check_usable(certificate: Certificate, *, valid_until: date, day: date) -> None:
    """Refuses a copy whose certificate is not in force (NotToBeCopied), or whose own last day is over (CopyEnded)."""
    if not is_in_force(certificate, day=day):
        raise NotToBeCopied(state=certificate.state)
    if day > valid_until:
        raise CopyEnded


def copy_file(seal: str) -> bytes:
    """The file that a holder hands on, `{"copy", "seal"}`: canonical JSON, made from the seal alone."""
    payload = urlsafe_b64decode(seal.split(".")[1].encode())
    return b'{"copy":' + payload + b',"seal":"' + seal.encode() + b'"}'


def copy_in(seal: str) -> CertificateCopy:
    """What a seal of our own register says. It is not verified: for what others show there is `open_copy`."""
    return CertificateCopy.model_validate_json(urlsafe_b64decode(seal.split(".")[1].encode()))


@dataclass(frozen=True, slots=True)
class OpenedCopy:
    """What a genuine copy says, and by whose certificate it was sealed."""

    content: CertificateCopy
    sealed_by: x509.Certificate


def open_copy(shown: bytes, root_pem: bytes) -> OpenedCopy:
    """A genuine copy: the file, or its bare seal. Refuses (SealRefused) all else, with the first reason.

    It was sealed by the department that issued its certificate, by a seal that was valid then, and every byte is as it
    was. Whether it may be used today, its dates and its certificate's state say.
    """
    seal = _seal_in(shown)
    opened = open_seal(seal, root_pem, typ=COPY_TYPE)
    try:
        said = CertificateCopy.model_validate_json(opened.payload)
        unaltered = said.canonical() == opened.payload
    except ValueError:
        raise SealRefused("content-wrong") from None
    if not unaltered or (shown.startswith(b"{") and shown != copy_file(seal)):
        raise SealRefused("altered")
    by, issuer = opened.certificate, said.certificate.issuer
    is_issuers = (credit_code_of(by), holder_of(by)) == (issuer.uscc, issuer.department)
    if not (is_issuers and opened.was_in_time(said.made_at)):
        raise SealRefused("seal-not-trusted")
    return OpenedCopy(said, opened.certificate)


def _seal_in(shown: bytes) -> str:
    if len(shown) > 2 * MAX_DOCUMENT_BYTES:
        raise SealRefused("unreadable")
    try:
        seal = orjson.loads(shown)["seal"] if shown.startswith(b"{") else shown.decode("ascii")
    except (ValueError, KeyError, TypeError):
        raise SealRefused("unreadable") from None
    if not isinstance(seal, str):
        raise SealRefused("unreadable")
    return seal

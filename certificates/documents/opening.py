"""From a PDF that somebody shows back to the sealed file in it. Pure.

Nothing of a file is parsed before the seal is found to cover every byte of it, and to be ours.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Final

import orjson
from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from certificates.documents.cms import ES256, SHA256, NotSignedData, Signed, length_of, opened, speaks_for
from certificates.documents.errors import NotSealed
from certificates.documents.pades import RESERVED
from certificates.documents.timestamps import NotATimestamp, Timestamp, imprint_of, open_timestamp
from certificates.documents.typesetting import CERTIFICATE_FILE, COPY_FILE
from certificates.sealing.errors import NotASeal
from certificates.sealing.rules import credit_code_of, is_seal_of, revocations_in, was_valid

MAX_BYTES: Final = 2_097_152
_RANGE: Final = re.compile(rb"/ByteRange ?\[0 (\d{1,8}) (\d{1,8}) (\d{1,8})\]")


@dataclass(frozen=True, slots=True)
class OpenedPdf:
    """The sealed file in a genuine PDF, whose seal is on the PDF, and since when.

    The file is a certificate's (`sealing.rules.sealed_file`) or, where `is_copy`, a copy's (`copies.rules.copy_file`):
    good for its purpose and to its last day only. Neither opens as the other.
    """

    file: bytes
    certificate: x509.Certificate
    sealed_at: datetime
    is_copy: bool


def open_pdf(
    file: bytes,
    root_pem: bytes,
    *,
    crls: Sequence[bytes] = (),
    timestamp_anchors: Sequence[x509.Certificate] = (),
) -> OpenedPdf:
    """The sealed file in a PDF of ours. The file itself is still to be verified, as if it had come alone.

    Raises NotSealed, with the first check that failed: form; the seal over every byte; its certificate by this root,
    not revoked when it was set (`crls`, in DER: the root's newest list); its timestamp, by an authority that the root
    or one of `timestamp_anchors` issued, and whose key is in the right hands; the file, and that it is of the
    department whose seal is on the PDF.
    """
    if len(file) > MAX_BYTES or not file.startswith(b"%PDF-"):
        raise NotSealed("not-a-pdf")
    seal, digest = _seal_around(file)
    if not _signed(seal, digest):
        raise NotSealed("signature-wrong")
    root = x509.load_pem_x509_certificate(root_pem)
    if not is_seal_of(root, seal.certificate):
        raise NotSealed("seal-not-trusted")
    timestamp = _timestamp(seal, anchors=(root, *timestamp_anchors))
    if not (was_valid(seal.certificate, timestamp.at) and was_valid(root, timestamp.at)):
        raise NotSealed("seal-not-in-time")
    if _was_revoked(seal.certificate, crls, root_pem, at=timestamp.at):
        raise NotSealed("seal-revoked")
    if _was_revoked(timestamp.certificate, crls, root_pem, at=timestamp.at, says_itself=True):
        raise NotSealed("seal-revoked")
    name, found = _attachment(file)
    if _issuer_in(found, of=name) != credit_code_of(seal.certificate):
        raise NotSealed("issuer-differs")
    return OpenedPdf(file=found, certificate=seal.certificate, sealed_at=timestamp.at, is_copy=name == COPY_FILE)


def _seal_around(file: bytes) -> tuple[Signed, bytes]:
    """The seal, and the digest of all that is around it: every byte from the first to the last."""
    ranges = _RANGE.findall(file)
    if not ranges:
        raise NotSealed("seal-incomplete")
    start, end, rest = map(int, ranges[-1])
    gap = file[start:end]
    if end + rest != len(file) or len(gap) != RESERVED + 2 or (gap[:1], gap[-1:]) != (b"<", b">"):
        raise NotSealed("seal-incomplete")
    digest = sha256(file[:start])
    digest.update(file[end:])
    return _seal_in(gap[1:-1]), digest.digest()


def _seal_in(digits: bytes) -> Signed:
    """The seal in the gap: one spelling of its bytes, then zeros, and nothing else."""
    try:
        padded = bytes.fromhex(digits.decode("ascii"))
        length = length_of(padded)
        parts = opened(padded[:length])
    except (ValueError, NotSignedData):
        raise NotSealed("seal-incomplete") from None
    if padded[length:].strip(b"\0") or padded.hex().upper().encode() != digits:
        raise NotSealed("seal-incomplete")
    return parts


def _signed(seal: Signed, digest: bytes) -> bool:
    ours = (seal.content_type, seal.content, seal.digest, seal.algorithm) == ("data", None, SHA256, ES256)
    try:
        return ours and speaks_for(seal, digest=digest)
    except NotSignedData:
        return False


def _timestamp(seal: Signed, *, anchors: Sequence[x509.Certificate]) -> Timestamp:
    try:
        return open_timestamp(seal.timestamp or b"", imprint_of(seal.signature), anchors=anchors)
    except NotATimestamp:
        raise NotSealed("timestamp-wrong") from None


def _was_revoked(
    certificate: x509.Certificate, crls: Sequence[bytes], root_pem: bytes, *, at: datetime, says_itself: bool = False
) -> bool:
    """Whether one of the root's lists says that it was revoked by then. One that was revoked later was a good one.

    Unless it `says_itself` when that was, and its key is in wrong hands: then it is believed about no instant, as RFC
    3161 section 4 says of an authority's.
    """
    for encoded in crls:
        with suppress(NotASeal):
            entry = revocations_in(encoded, root_pem).get(certificate.serial_number)
            if entry is None or certificate.issuer != x509.load_pem_x509_certificate(root_pem).subject:
                continue
            if entry.at <= at or (says_itself and entry.is_compromise):
                return True
    return False


def _attachment(file: bytes) -> tuple[str, bytes]:
    """The one file, with its name, that is attached to the one revision with its one seal.

    The PDF is by a department's key by now; that it has another shape is a mistake rather than an attack.
    """
    try:
        reader = PdfFileReader(BytesIO(file))
        if reader.xrefs.total_revisions != 1 or len(reader.root["/AcroForm"]["/Fields"]) != 1:
            raise NotSealed("seal-incomplete")
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
        if len(names) != 2 or str(names[0]) not in (CERTIFICATE_FILE, COPY_FILE):
            raise NotSealed("attachment-missing")
        return str(names[0]), bytes(names[1]["/EF"]["/F"].data)
    except (PdfError, LookupError, ValueError, AttributeError, TypeError):
        raise NotSealed("attachment-missing") from None


def _issuer_in(file: bytes, *, of: str) -> str:
    """The credit code of who issued what is in the file, which is what its name says."""
    try:
        said = orjson.loads(file)
        certificate = said["copy"]["certificate"] if of == COPY_FILE else said["certificate"]
        return str(certificate["issuer"]["uscc"])
    except (ValueError, LookupError, TypeError):
        raise NotSealed("attachment-missing") from None

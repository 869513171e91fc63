"""Timestamp tokens (RFC 3161): made by our own authority, asked for elsewhere, and checked. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from asn1crypto import tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates.documents.cms import (
    NotSignedData,
    Signed,
    attributes_for,
    der_signature,
    digest_by,
    opened,
    parts_of,
    signed_data,
    speaks_for,
    spelled,
)
from certificates.sealing.rules import was_valid

REQUEST_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"
MAX_BYTES: Final = 65_536
# Named by a UUID (ITU-T X.667): under which policy our own authority stamps, which is that of its service's clock.
POLICY: Final = "2.25.180273961829391048372615283746512039481"
_GRANTED: Final = ("granted", "granted_with_mods")


class NotATimestamp(ValueError):
    """A token that does not say what it should, or is not of an authority that we know."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A token in the form of `cms.signed_data`, when it was set, and by whose certificate."""

    token: bytes
    at: datetime
    certificate: x509.Certificate


def imprint_of(message: bytes) -> bytes:
    """What a timestamp is asked for: the digest of a message, which itself goes nowhere."""
    return sha256(message).digest()


def new_token(
    imprint: bytes,
    *,
    certificate: x509.Certificate,
    sign: Callable[[bytes], bytes],
    serial: int,
    at: datetime,
    nonce: int | None = None,
) -> bytes:
    """Our own statement that a message with this SHA-256 existed at this second."""
    said: dict[str, Any] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
        "serial_number": serial,
        "gen_time": at.astimezone(UTC).replace(microsecond=0),
    }
    if nonce is not None:
        said["nonce"] = nonce
    content = tsp.TSTInfo(said).dump()
    attributes = attributes_for("tst_info", sha256(content).digest(), certificate)
    signature = der_signature(sign(attributes))
    return signed_data(Signed(certificate, attributes, signature, content_type="tst_info", content=content))


def new_request(imprint: bytes, *, nonce: int) -> bytes:
    """The query for a timestamp of a message with this SHA-256; the authority is to send its certificate along."""
    query = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
        "nonce": nonce,
        "cert_req": True,
    }
    return bytes(tsp.TimeStampReq(query).dump())


def read_reply(reply: bytes, imprint: bytes, *, nonce: int, anchors: Sequence[x509.Certificate]) -> Timestamp:
    """The timestamp that an authority sends, brought into our form: what its signature does not cover is left out.

    Refuses (NotATimestamp) another's, another's answer, and a refusal.
    """
    try:
        answer = tsp.TimeStampResp.load(reply, strict=True)
        if answer["status"]["status"].native not in _GRANTED:
            raise NotATimestamp
        token = signed_data(spelled(replace(parts_of(answer["time_stamp_token"].dump()), timestamp=None)))
        if _said_in(opened(token))["nonce"].native != nonce:
            raise NotATimestamp
    except NotATimestamp:
        raise
    except (ValueError, TypeError, KeyError):
        raise NotATimestamp from None
    return open_timestamp(token, imprint, anchors=anchors)


def open_timestamp(token: bytes, imprint: bytes, *, anchors: Sequence[x509.Certificate]) -> Timestamp:
    """The timestamp of a message with this SHA-256, by an authority that one of `anchors` issued for that alone.

    Refuses (NotATimestamp) all others.
    """
    try:
        parts = opened(token)
        said = _said_in(parts)
        stamped = said["message_imprint"]
        about = (stamped["hash_algorithm"]["algorithm"].native, stamped["hashed_message"].native)
        at: datetime = said["gen_time"].native
        content = parts.content or b""
        holds = speaks_for(parts, digest=digest_by(parts, content))
    except (NotSignedData, ValueError, TypeError, KeyError):
        raise NotATimestamp from None
    if not holds or about != ("sha256", imprint) or parts.timestamp is not None:
        raise NotATimestamp
    if not any(_is_authority(parts.certificate, anchor, at) for anchor in anchors):
        raise NotATimestamp
    return Timestamp(token=token, at=at, certificate=parts.certificate)


def _said_in(parts: Signed) -> Any:
    if parts.content_type != "tst_info" or parts.content is None:
        raise NotATimestamp
    return tsp.TSTInfo.load(parts.content, strict=True)


def _is_authority(certificate: x509.Certificate, anchor: x509.Certificate, at: datetime) -> bool:
    """RFC 3161 section 2.3: for timestamping, for nothing else, and critical."""
    try:
        certificate.verify_directly_issued_by(anchor)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    purposes = list(usage.value)
    alone = usage.critical and purposes == [ExtendedKeyUsageOID.TIME_STAMPING]
    return alone and was_valid(certificate, at) and was_valid(anchor, at)

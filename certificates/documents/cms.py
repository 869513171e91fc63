"""Signed data (CMS, RFC 5652) in the one form that seals and timestamps here have. Pure.

One signer, one certificate, signed attributes, at most one unsigned attribute. `opened` accepts no other bytes than
those that `signed_data` would write for the same parts, so that what no signature covers cannot differ either.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.sealing.rules import lower_of

SHA256: Final = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
ES256: Final = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}).dump()
TIMESTAMP: Final = "signature_time_stamp_token"
_TIMESTAMP: Final = cms.CMSAttributeType(TIMESTAMP).dump()
_SIGNED_DATA: Final = cms.ContentType("signed_data").dump()
_HASHES: Final[dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


# What the readers of ASN.1 and X.509 raise on bytes that are neither.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
)


class NotSignedData(ValueError):
    """Other bytes than signed data of our form."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The parts of signed data. `attributes` are the signed attributes as a SET in DER: that is what was signed."""

    certificate: x509.Certificate
    attributes: bytes
    signature: bytes
    # The content inside, of this type; None where it lies elsewhere (a PDF around its own seal).
    content_type: str = "data"
    content: bytes | None = None
    # Algorithms in DER.
    digest: bytes = SHA256
    algorithm: bytes = ES256
    timestamp: bytes | None = None


def signed_data(parts: Signed) -> bytes:
    """These parts as a ContentInfo, in DER.

    Put together here: asn1crypto takes a definite length that ends in 0x80 for an indefinite one, and then writes what
    was put together again for every level that it lies in, twice: seconds or hours, for every hundredth document.
    """
    encoded = parts.certificate.public_bytes(Encoding.DER)
    certificate = asn1_x509.Certificate.load(encoded)
    named = _tlv(0x30, certificate.issuer.dump(), core.Integer(certificate.serial_number).dump())
    inside = () if parts.content is None else (_tlv(0xA0, _tlv(0x04, parts.content)),)
    signer = _tlv(
        0x30,
        core.Integer(1).dump(),
        named,
        parts.digest,
        b"\xa0" + parts.attributes[1:],
        parts.algorithm,
        _tlv(0x04, parts.signature),
        *(() if parts.timestamp is None else (_tlv(0xA1, _tlv(0x30, _TIMESTAMP, _tlv(0x31, parts.timestamp))),)),
    )
    body = _tlv(
        0x30,
        core.Integer(1 if parts.content_type == "data" else 3).dump(),
        _tlv(0x31, parts.digest),
        _tlv(0x30, cms.ContentType(parts.content_type).dump(), *inside),
        _tlv(0xA0, encoded),
        _tlv(0x31, signer),
    )
    return _tlv(0x30, _SIGNED_DATA, _tlv(0xA0, body))


def _tlv(tag: int, *parts: bytes) -> bytes:
    """Tag, length and value (ITU-T X.690 section 8.1), the length as short as it can be."""
    value = b"".join(parts)
    if len(value) < 0x80:
        return bytes([tag, len(value)]) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + value


def length_of(der: bytes) -> int:
    """How many bytes the value takes that stands here. Refuses (NotSignedData) one that does not say so at once."""
    if len(der) < 2 or der[1] == 0x80 or der[1] > 0x84:
        raise NotSignedData
    if der[1] < 0x80:
        return 2 + der[1]
    size = der[1] & 0x7F
    return 2 + size + int.from_bytes(der[2 : 2 + size])


def opened(der: bytes) -> Signed:
    """The parts of signed data. Refuses (NotSignedData) all bytes but the ones that `signed_data` writes."""
    parts = parts_of(der)
    try:
        same = signed_data(parts) == der
    except _UNREADABLE:
        same = False
    if not same:
        raise NotSignedData
    return parts


def parts_of(der: bytes) -> Signed:
    """The parts of anybody's signed data with one signer, all else left out. Refuses (NotSignedData) the rest."""
    try:
        body = cms.ContentInfo.load(der)["content"]
        (info,) = body["signer_infos"]
        inside = body["encap_content_info"]
        signed_attributes = info["signed_attrs"].contents
        content = inside["content"]
        return Signed(
            certificate=_signer_in(body, info),
            attributes=_as_set(signed_attributes),
            signature=info["signature"].native,
            content_type=inside["content_type"].native,
            content=bytes(content) if isinstance(content, cms.ParsableOctetString) else None,
            digest=info["digest_algorithm"].dump(),
            algorithm=info["signature_algorithm"].dump(),
            timestamp=_timestamp_in(info),
        )
    except _UNREADABLE:
        raise NotSignedData from None


def _signer_in(body: Any, info: Any) -> x509.Certificate:
    for choice in body["certificates"]:
        certificate = choice.chosen
        named = info["sid"].chosen
        if isinstance(named, cms.IssuerAndSerialNumber):
            same = (certificate["tbs_certificate"]["serial_number"].native, certificate.issuer.dump()) == (
                named["serial_number"].native,
                named["issuer"].dump(),
            )
        else:
            same = certificate.key_identifier == named.native
        if same:
            return x509.load_der_x509_certificate(certificate.dump())
    raise NotSignedData


def _timestamp_in(info: Any) -> bytes | None:
    for attribute in info["unsigned_attrs"]:
        if attribute["type"].native == TIMESTAMP:
            (token,) = attribute["values"]
            return bytes(token.dump())
    return None


def _as_set(contents: bytes) -> bytes:
    """The signed attributes with the tag under which they are signed (RFC 5652 section 5.4)."""
    return bytes(cms.CMSAttributes(contents=contents).dump())


def attributes_of(parts: Signed) -> dict[str, Any]:
    """The signed attributes by name. Refuses (NotSignedData) one that is there twice or has several values."""
    found: dict[str, Any] = {}
    try:
        for attribute in cms.CMSAttributes.load(parts.attributes):
            name = attribute["type"].native
            if name in found:
                raise NotSignedData
            (found[name],) = attribute["values"]
    except _UNREADABLE:
        raise NotSignedData from None
    return found


def speaks_for(parts: Signed, *, digest: bytes) -> bool:
    """Whether the signature holds, and says: content of this type, with this digest, by this very certificate

    (RFC 5035), lest another certificate for the same key be put in its place.
    """
    try:
        # First the signature: what it does not cover is not read.
        if not signature_holds(parts):
            return False
        attributes = attributes_of(parts)
        said = (attributes["content_type"].native, attributes["message_digest"].native)
        return said == (parts.content_type, digest) and _names(attributes, parts.certificate)
    except _UNREADABLE:
        return False


def _names(attributes: dict[str, Any], certificate: x509.Certificate) -> bool:
    name: Callable[[], hashes.HashAlgorithm] | None = hashes.SHA1
    if "signing_certificate_v2" in attributes:
        identity = attributes["signing_certificate_v2"]["certs"][0]
        name = _HASHES.get(identity["hash_algorithm"]["algorithm"].native)
    else:
        identity = attributes["signing_certificate"]["certs"][0]
    encoded = certificate.public_bytes(Encoding.DER)
    return name is not None and bool(_digest(name(), encoded) == identity["cert_hash"].native)


def _digest(algorithm: hashes.HashAlgorithm, message: bytes) -> bytes:
    hasher = hashes.Hash(algorithm)
    hasher.update(message)
    return hasher.finalize()


def digest_by(parts: Signed, message: bytes) -> bytes:
    """The digest of a message by the algorithm that the signer uses. Refuses (NotSignedData) SHA-1 and unknown ones."""
    return _digest(_hash_of(parts), message)


def _hash_of(parts: Signed) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512:
    found = algos.DigestAlgorithm.load(parts.digest)["algorithm"].native
    if found not in _HASHES:
        raise NotSignedData
    return _HASHES[found]()


def signature_holds(parts: Signed) -> bool:
    """Whether the certificate's key signed the attributes: ECDSA, or RSA with PKCS #1 v1.5; spelled as we spell it."""
    digest = _hash_of(parts)
    try:
        if parts != spelled(parts):
            return False
        key = parts.certificate.public_key()
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(parts.signature, parts.attributes, ECDSA(digest))
        elif isinstance(key, RSAPublicKey):
            key.verify(parts.signature, parts.attributes, PKCS1v15(), digest)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def spelled(parts: Signed) -> Signed:
    """The same as we spell it: how algorithms are written, and which of two ECDSA signatures it is, is not signed.

    Refuses (NotSignedData) what names other algorithms than those that `signature_holds` knows.
    """
    name, key = _hash_of(parts).name, parts.certificate.public_key()
    is_ecdsa = isinstance(key, EllipticCurvePublicKey)
    try:
        named = algos.SignedDigestAlgorithm.load(parts.algorithm)
        generic = named["algorithm"].native in ("rsassa_pkcs1v15", "ecdsa")
        if named.signature_algo != ("ecdsa" if is_ecdsa else "rsassa_pkcs1v15"):
            raise NotSignedData
        if not generic and named.hash_algo != name:
            raise NotSignedData
        signature = _lower(parts.signature, key) if isinstance(key, EllipticCurvePublicKey) else parts.signature
    except ValueError:
        raise NotSignedData from None
    return replace(
        parts,
        digest=algos.DigestAlgorithm({"algorithm": name}).dump(),
        algorithm=algos.SignedDigestAlgorithm({"algorithm": f"{name}_{'ecdsa' if is_ecdsa else 'rsa'}"}).dump(),
        signature=signature,
    )


def der_signature(raw: bytes) -> bytes:
    """An ES256 signature (r followed by s, as JOSE has it) as X.509 and CMS have it; the lower one (`lower_of`)."""
    lower = lower_of(raw)
    return encode_dss_signature(int.from_bytes(lower[:32]), int.from_bytes(lower[32:]))


def _lower(signature: bytes, key: EllipticCurvePublicKey) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, key.curve.group_order - s))


def attributes_for(content_type: str, digest: bytes, certificate: x509.Certificate) -> bytes:
    """Signed attributes that `speaks_for` asks for, as a SET in DER."""
    identity = tsp.ESSCertIDv2({"cert_hash": sha256(certificate.public_bytes(Encoding.DER)).digest()})
    values = {
        "content_type": content_type,
        "message_digest": digest,
        "signing_certificate_v2": _settled(tsp.SigningCertificateV2({"certs": [_settled(identity)]})),
    }
    each = [_settled(cms.CMSAttribute({"type": name, "values": [value]})) for name, value in values.items()]
    return bytes(cms.CMSAttributes(each).dump())


def _settled(value: Any) -> Any:
    # asn1crypto writes what was put together again for every level that it lies in, but what was read only once.
    return type(value).load(value.dump())

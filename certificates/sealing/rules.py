"""The form of a seal: a JWS over the canonical document, and the X.509 certificate that it must come with. Pure."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from certificates.sealing.errors import NotASeal, NotSealable, SealRefused
from certificates.sealing.schemas import CertificateDocument

ALGORITHM = "ES256"
TYPE = "certificate+jws"
# The credit code of the sealing department stands in its certificate's subject (organizationIdentifier).
CREDIT_CODE = x509.NameOID.ORGANIZATION_IDENTIFIER
MAX_DOCUMENT_BYTES = 131_072
# Of what is sealed: in base64 (RFC 4648 section 4), and in a copy with what that says besides, no more than those.
MAX_CONTENT_BYTES = 90_112
# Of a certificate with long names; what strangers send is looked at, and remembered for a while, up to here.
MAX_HEADER_BYTES = 4_096
# How many points the curve P-256 has (FIPS 186-5; SEC 2 section 2.4.2).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Header = dict[str, str | list[str]]
Sign = Callable[[bytes], bytes]


class _SealRegistry(JWSRegistry):
    """joserfc's bounds are made for tokens; a seal brings a certificate in its header."""

    max_header_length = MAX_HEADER_BYTES
    max_payload_length = MAX_DOCUMENT_BYTES


REGISTRY = _SealRegistry(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class OpenedSeal:
    """What was signed, the certificate of the key that signed it, and the root that issued that."""

    payload: bytes
    certificate: x509.Certificate
    root: x509.Certificate

    def was_in_time(self, at: datetime) -> bool:
        """Whether the instant lies in the validity of both certificates."""
        return was_valid(self.certificate, at) and was_valid(self.root, at)


def header_for(certificate: x509.Certificate, *, typ: str = TYPE) -> Header:
    """The one protected header that this seal certificate allows for this type; keys in canonical order.

    The root is left out: a root that a document brings along proves nothing.
    """
    encoded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return {"alg": ALGORITHM, "kid": thumbprint_of(certificate), "typ": typ, "x5c": [encoded]}


def compact_jws(header: Header, payload: bytes, sign: Sign) -> str:
    """The compact serialisation (RFC 7515 section 3.1), signed by a key that may be anywhere."""
    signed = urlsafe_b64encode(orjson.dumps(header)) + b"." + urlsafe_b64encode(payload)
    return (signed + b"." + urlsafe_b64encode(lower_of(sign(signed)))).decode()


def lower_of(signature: bytes) -> bytes:
    """Of the two ES256 signatures that hold whenever one does, (r, s) and (r, n - s), the one with the lower s.

    Everybody can make the one from the other. A seal is the lower one, so that there are no two spellings of it.
    """
    s = int.from_bytes(signature[32:])
    return signature[:32] + min(s, _ORDER - s).to_bytes(32)


def is_lower(signature: bytes) -> bool:
    """Whether this is 64 bytes, and the lower one of the two."""
    return len(signature) == 64 and int.from_bytes(signature[32:]) <= _ORDER // 2


def certificate_in(header: bytes, *, typ: str = TYPE) -> x509.Certificate:
    """The seal certificate of a protected header. Refuses (NotASeal) all bytes but the ones we would have written.

    So no `crit`, `jku`, `jwk`, other algorithm or longer chain can have an effect.
    """
    if len(header) > MAX_HEADER_BYTES:
        raise NotASeal("unexpected header")
    try:
        certificate = certificate_from(b64decode(orjson.loads(header)["x5c"][0], validate=True))
    except (ValueError, TypeError, LookupError):
        raise NotASeal("no certificate") from None
    if header != orjson.dumps(header_for(certificate, typ=typ)):
        raise NotASeal("unexpected header")
    return certificate


def certificate_from(der: bytes) -> x509.Certificate:
    """The certificate in these bytes. Refuses (NotASeal) what is none."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        raise NotASeal("no certificate") from None


def open_seal(text: str, root_pem: bytes, *, typ: str = TYPE) -> OpenedSeal:
    """What a compact JWS of this type says, if a key signed it whose certificate this root issued.

    Refuses (SealRefused) all else. Whose key it is, and whether it was valid at that time, is for the caller to check.
    """
    header, payload = segments_of(text)
    root, certificate, key = _trusted(header, root_pem, typ)
    check_signature(text, key)
    return OpenedSeal(payload, certificate, root)


def check_signature(text: str, key: ECKey) -> None:
    """Refuses (SealRefused) a seal that this key did not set, or whose signature is in its other spelling."""
    try:
        jws.deserialize_compact(text, key, registry=REGISTRY)
    except (JoseError, ValueError):
        raise SealRefused("signature-wrong") from None
    if not is_lower(urlsafe_b64decode(text.rpartition(".")[2].encode())):
        raise SealRefused("altered")


def segments_of(text: str) -> tuple[bytes, bytes]:
    """Header and payload of a compact JWS. Refuses (SealRefused) where a segment is not the only spelling of its bytes
    (RFC 4648 section 3.5).
    """
    segments = text.split(".")
    if len(text) > 2 * MAX_DOCUMENT_BYTES or not text.isascii() or len(segments) != 3 or not all(segments):
        raise SealRefused("unreadable")
    try:
        decoded = [urlsafe_b64decode(segment.encode()) for segment in segments]
    except ValueError:
        raise SealRefused("unreadable") from None
    if any(urlsafe_b64encode(raw).decode() != segment for raw, segment in zip(decoded, segments, strict=True)):
        raise SealRefused("altered")
    return decoded[0], decoded[1]


@lru_cache(maxsize=256)
def _trusted(header: bytes, root_pem: bytes, typ: str) -> tuple[x509.Certificate, x509.Certificate, ECKey]:
    """Root, seal certificate and key. Remembered: there are few seals and many documents."""
    root = x509.load_pem_x509_certificate(root_pem)
    try:
        certificate = certificate_in(header, typ=typ)
    except NotASeal:
        raise SealRefused("header-not-allowed") from None
    if not is_seal_of(root, certificate):
        raise SealRefused("seal-not-trusted")
    return root, certificate, key_of(certificate)


def payload_of(document: CertificateDocument) -> bytes:
    """The bytes to seal. Refuses (NotSealable) a document that a verifier would not read back to the same bytes.

    JSON numbers beyond 2**53 are such a case: written as RFC 8785 says, they come back as another value or not at all.
    So is one that is larger than what verifiers read.
    """
    with suppress(ValueError):
        payload = document.canonical()
        is_read = len(payload) <= MAX_CONTENT_BYTES
        if is_read and CertificateDocument.model_validate_json(payload).canonical() == payload:
            return payload
    raise NotSealable(certificate=document.certificate)


def document_in(seal: str) -> CertificateDocument:
    """The document that was sealed so. The seal is one of ours, and is not looked at."""
    return CertificateDocument.model_validate_json(urlsafe_b64decode(seal.split(".")[1].encode()))


def sealed_file(seal: str) -> bytes:
    """The file that a holder keeps, `{"certificate", "seal"}`: canonical JSON, made from the seal alone."""
    payload = urlsafe_b64decode(seal.split(".")[1].encode())
    return b'{"certificate":' + payload + b',"seal":"' + seal.encode() + b'"}'


@lru_cache(maxsize=1024)
def thumbprint_of(certificate: x509.Certificate) -> str:
    """The name of a certificate's key (RFC 7638). Refuses (NotASeal) all but P-256."""
    return key_of(certificate).thumbprint()


def key_of(certificate: x509.Certificate) -> ECKey:
    """The public key of a seal certificate. Refuses (NotASeal) all but P-256."""
    try:
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise NotASeal("not a usable key") from None
    if not (isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1)):
        raise NotASeal("a seal key is on P-256")
    return ECKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def is_seal_of(root: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the root issued this certificate, and for sealing: not an authority, and bound by non-repudiation."""
    try:
        certificate.verify_directly_issued_by(root)
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    return not authority and usage.digital_signature and usage.content_commitment and not usage.key_cert_sign


def was_valid(certificate: x509.Certificate, at: datetime) -> bool:
    """Whether the instant lies in the certificate's validity, both ends included."""
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def may_seal(certificate: x509.Certificate, document: CertificateDocument) -> bool:
    """Whether this seal is the issuer's, and valid at the instant at which it is set."""
    issuer = document.issuer
    is_issuers = (credit_code_of(certificate), holder_of(certificate)) == (issuer.uscc, issuer.department)
    return is_issuers and was_valid(certificate, document.sealed_at)


def holder_of(certificate: x509.Certificate) -> str | None:
    """Whose certificate it is: a department's code, or an office of the platform; None where it does not say one."""
    units = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    return str(units[0].value) if len(units) == 1 else None


def credit_code_of(certificate: x509.Certificate) -> str | None:
    """The credit code in the subject, if there is exactly one."""
    codes = certificate.subject.get_attributes_for_oid(CREDIT_CODE)
    return str(codes[0].value) if len(codes) == 1 else None


@dataclass(frozen=True, slots=True)
class Revocation:
    """Since when a certificate may sign no more, and whether its key is in wrong hands."""

    at: datetime
    is_compromise: bool


# RFC 5280 section 5.3.1: these alone say that the key was in the right hands until then.
_HARMLESS = {
    x509.ReasonFlags.superseded,
    x509.ReasonFlags.cessation_of_operation,
    x509.ReasonFlags.affiliation_changed,
}


@lru_cache(maxsize=8)
def revocations_in(crl: bytes, root_pem: bytes) -> Mapping[int, Revocation]:
    """The revoked certificates by their serial numbers. Refuses (NotASeal) a list that is not this root's."""
    root = x509.load_pem_x509_certificate(root_pem)
    key = root.public_key()
    try:
        revoked = x509.load_der_x509_crl(crl)
        is_ours = isinstance(key, EllipticCurvePublicKey) and revoked.is_signature_valid(key)
    except (ValueError, UnsupportedAlgorithm):
        raise NotASeal("not a list of revoked certificates") from None
    if not is_ours or revoked.issuer != root.subject:
        raise NotASeal("not this root's list of revoked certificates")
    return {entry.serial_number: _revocation(entry) for entry in revoked}


@lru_cache(maxsize=8)
def number_of_crl(crl: bytes) -> int:
    """Which of its root's lists of revoked certificates this is (RFC 5280 section 5.2.3); 0 where it does not say."""
    try:
        return int(x509.load_der_x509_crl(crl).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    except x509.ExtensionNotFound:
        return 0


def _revocation(entry: x509.RevokedCertificate) -> Revocation:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        reason = x509.ReasonFlags.unspecified
    return Revocation(at=entry.revocation_date_utc, is_compromise=reason not in _HARMLESS)

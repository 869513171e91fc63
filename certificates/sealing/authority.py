"""The platform's root and the seal certificates that it issues to departments. Makes keys; stores nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from certificates.sealing.rules import CREDIT_CODE
from shared.schemas import Code, RegionCode, Strict, Text

ROOT_LIFETIME = timedelta(days=20 * 365)
SEAL_LIFETIME = timedelta(days=5 * 365)
# Machines whose clocks differ a little must not find a new certificate "not valid yet".
BACKDATED = timedelta(days=1)


class SealingDepartment(Strict):
    """A department as it appears in its seal certificate."""

    code: Code
    name: Text
    uscc: str
    region: RegionCode


@dataclass(frozen=True, slots=True)
class Issued:
    """A private key and its certificate."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def new_root(*, at: datetime) -> Issued:
    """A self-signed root for 20 years. It may issue seal certificates and nothing below them (path length 0)."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([_name(NameOID.ORGANIZATION_NAME, "OneVisit"), _name(NameOID.COMMON_NAME, "OneVisit seal root")])
    unsigned = (
        _certificate(name, name, key, at=at, lifetime=ROOT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )
    return Issued(key, unsigned.sign(key, SHA256()))


def new_seal(root: Issued, department: SealingDepartment, *, at: datetime) -> Issued:
    """A department's key and certificate for 5 years: for digital signature and non-repudiation only (GB/T 38540)."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name(
        [
            _name(NameOID.COUNTRY_NAME, "CN"),
            _name(NameOID.ORGANIZATION_NAME, department.name.zh),
            _name(CREDIT_CODE, department.uscc),
            _name(NameOID.ORGANIZATIONAL_UNIT_NAME, department.code),
            _name(NameOID.COMMON_NAME, f"{department.name.en} seal"[:64]),
        ]
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    unsigned = (
        _certificate(subject, root.certificate.subject, key, at=at, lifetime=SEAL_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(issuer, critical=False)
    )
    return Issued(key, unsigned.sign(root.key, SHA256()))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, *, at: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(oid, value)


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )

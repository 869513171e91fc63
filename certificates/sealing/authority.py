"""The platform's root, and what it issues: seals of departments, certificates of its offices, its list of revoked ones.

Makes keys; stores nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certificates.sealing.rules import CREDIT_CODE
from shared.schemas import Code, RegionCode, Strict, Text

ROOT_LIFETIME = timedelta(days=20 * 365)
SEAL_LIFETIME = timedelta(days=5 * 365)
# Long, for the root's key lies elsewhere and is fetched seldom; a seal that is revoked makes a new list at once.
CRL_LIFETIME = timedelta(days=180)
# Machines whose clocks differ a little must not find a new certificate "not valid yet".
BACKDATED = timedelta(days=1)


class Office(StrEnum):
    """What the platform itself signs for. No department's code looks like these."""

    STATUS = "platform:status"
    TIMESTAMP = "platform:timestamp"


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

    def key_pem(self, passphrase: bytes | None = None) -> bytes:
        """The key as PKCS#8, encrypted (PBES2, AES-256) where there is a passphrase."""
        return private_pem(self.key, passphrase)

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def private_pem(key: EllipticCurvePrivateKey, passphrase: bytes | None) -> bytes:
    """The key as PKCS#8, encrypted (PBES2, AES-256) where there is a passphrase."""
    encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def new_root(*, at: datetime) -> Issued:
    """A self-signed root for 20 years. It may issue seal certificates and nothing below them (path length 0)."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([_name(NameOID.ORGANIZATION_NAME, "OneVisit"), _name(NameOID.COMMON_NAME, "OneVisit seal root")])
    unsigned = (
        _certificate(name, name, key.public_key(), at=at, lifetime=ROOT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )
    return Issued(key, unsigned.sign(key, SHA256()))


def new_seal(root: Issued, department: SealingDepartment, *, at: datetime) -> Issued:
    """A department's key and certificate for 5 years: for digital signature and non-repudiation only (GB/T 38540)."""
    key = generate_private_key(SECP256R1())
    return Issued(key, certified(root, subject_of(department), key.public_key(), at=at))


def new_office(root: Issued, office: Office, *, at: datetime) -> Issued:
    """A key and certificate of the platform for 5 years. No credit code stands in it, so it can seal no certificate."""
    key = generate_private_key(SECP256R1())
    return Issued(key, certified(root, subject_of(office), key.public_key(), at=at))


def subject_of(holder: SealingDepartment | Office) -> x509.Name:
    """How a department or an office of the platform is called in its certificate."""
    if isinstance(holder, Office):
        return x509.Name(
            [
                _name(NameOID.ORGANIZATION_NAME, "OneVisit"),
                _name(NameOID.ORGANIZATIONAL_UNIT_NAME, holder.value),
                _name(NameOID.COMMON_NAME, f"OneVisit {holder.name.lower()}"),
            ]
        )
    return x509.Name(
        [
            _name(NameOID.COUNTRY_NAME, "CN"),
            _name(NameOID.ORGANIZATION_NAME, holder.name.zh),
            _name(CREDIT_CODE, holder.uscc),
            _name(NameOID.ORGANIZATIONAL_UNIT_NAME, holder.code),
            _name(NameOID.COMMON_NAME, f"{holder.name.en} seal"[:64]),
        ]
    )


def certified(
    root: Issued, subject: x509.Name, key: EllipticCurvePublicKey, *, at: datetime, serial: int | None = None
) -> x509.Certificate:
    """The root's certificate of this key, for 5 years; `serial` is drawn by lot where it is not given."""
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    unsigned = (
        _certificate(subject, root.certificate.subject, key, at=at, lifetime=SEAL_LIFETIME, serial=serial)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(issuer, critical=False)
    )
    if subject == subject_of(Office.TIMESTAMP):
        # RFC 3161 section 2.3: this purpose, no other, and critical.
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        unsigned = unsigned.add_extension(purpose, critical=True)
    return unsigned.sign(root.key, SHA256())


def new_crl(root: Issued, revoked: Iterable[x509.RevokedCertificate] = (), *, at: datetime) -> bytes:
    """The root's list of certificates that may sign no more, in DER (RFC 5280). `revoked` are all of them, ever."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(at - BACKDATED)
        .next_update(at + CRL_LIFETIME)
        .add_extension(x509.CRLNumber(int(at.timestamp() * 1000)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(root.key, SHA256()).public_bytes(Encoding.DER)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePublicKey,
    *,
    at: datetime,
    lifetime: timedelta,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
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

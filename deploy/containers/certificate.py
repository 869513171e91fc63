"""The certificate that the edge and the bus show until the city has its own: signed by itself, for first use."""

import ssl
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certificates.sealing.authority import private_pem
from shared.clock import now

CERTIFICATE, KEY = "tls.crt", "tls.key"
_NAME = "OneVisit, for first use"
# By which services reach the bus, on one machine and in a cluster.
_INSIDE = ("nats", "nats-1", "nats-2", "nats-3")
_LASTS, _RENEWED_BEFORE = timedelta(days=365), timedelta(days=30)
_CLOCKS_DIFFER_BY = timedelta(hours=1)


class FirstCertificate:
    """The pair that the keeper holds, for these host names."""

    def __init__(self, keys: Path, hosts: Sequence[str]) -> None:
        self._directory = keys / "first-certificate"
        self._names = sorted({*hosts, *_INSIDE})

    def files(self) -> dict[str, bytes]:
        """The certificate and its key; made again where they are for other names, or end soon."""
        if not self._holds():
            self._make()
        return {name: (self._directory / name).read_bytes() for name in (CERTIFICATE, KEY)}

    def is_wanted(self, folder: Path) -> bool:
        """Whether the folder has no certificate yet, or one of ours: the city's own is left alone."""
        path = folder / CERTIFICATE
        return not path.exists() or _name_of(_load(path).subject) == _NAME

    def _holds(self) -> bool:
        path = self._directory / CERTIFICATE
        if not path.exists():
            return False
        certificate = _load(path)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return sorted(names.get_values_for_type(x509.DNSName)) == self._names and (
            certificate.not_valid_after_utc - now() > _RENEWED_BEFORE
        )

    def _make(self) -> None:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        key = generate_private_key(SECP256R1())
        for name, content in (
            (KEY, private_pem(key, None)),
            (CERTIFICATE, _signed_by_itself(key, self._names).public_bytes(Encoding.PEM)),
        ):
            (self._directory / name).touch(mode=0o600)
            (self._directory / name).write_bytes(content)


def trusted(folder: Path) -> bytes:
    """What a client of the edge and the bus trusts: the authorities of the system, and the certificate shown."""
    system = Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
    authorities = system.read_bytes() if system.exists() else b""
    return authorities + (folder / CERTIFICATE).read_bytes()


def _signed_by_itself(key: EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    addresses = ("127.0.0.1", "::1") if "localhost" in names else ()
    alternatives = [*map(x509.DNSName, names), *(x509.IPAddress(ip_address(address)) for address in addresses)]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - _CLOCKS_DIFFER_BY)
        .not_valid_after(now() + _LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    return builder.sign(key, SHA256())


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _name_of(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""

"""Who signs. `Signer` is the role; `SoftwareSigner` holds the keys in memory, read from files. PKCS#11 comes later."""

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certificates.sealing.authority import Office
from certificates.sealing.errors import NoSealKey, UnsafeSealKey
from certificates.sealing.rules import is_seal_of, thumbprint_of

ROOT_FILE = "root.pem"
CRL_FILE = "root.crl"
DEPARTMENTS = "departments"
PLATFORM = "platform"


def office_path(directory: Path, office: Office) -> Path:
    """Where the certificate of an office of the platform is; its key is beside it."""
    return directory / PLATFORM / f"{office.name.lower()}.pem"


class Signer(Protocol):
    """Signs in the name of departments and of the platform's own offices (`Office`), who are `holder`s here."""

    @property
    def root_pem(self) -> bytes:
        """The platform's root certificate: what a verifier needs to know beforehand."""
        ...

    @property
    def root_crl(self) -> bytes:
        """The root's newest list of revoked certificates, in DER."""
        ...

    def certificate_of(self, holder: str) -> x509.Certificate:
        """The certificate by whose key this holder signs now. Refuses (NoSealKey) who has none here."""
        ...

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        """By holder, every certificate by whose key they sign or ever signed, the present one first."""
        ...

    def sign(self, certificate: x509.Certificate, message: bytes) -> bytes:
        """The ES256 signature (r followed by s, 64 bytes; RFC 7518 section 3.4) by the key of this certificate.

        Refuses (NoSealKey) a certificate whose key is not here.
        """
        ...


@dataclass(frozen=True, slots=True)
class SealCredential:
    """A sealing key and the certificate that speaks for it."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate


class SoftwareSigner:
    """Keys in this process's memory."""

    def __init__(self, *, root_pem: bytes, root_crl: bytes, credentials: Mapping[str, SealCredential]) -> None:
        self._root_pem = root_pem
        self._root_crl = root_crl
        self._certificates = {holder: held.certificate for holder, held in credentials.items()}
        self._keys = {thumbprint_of(held.certificate): held.key for held in credentials.values()}

    @property
    def root_pem(self) -> bytes:
        return self._root_pem

    @property
    def root_crl(self) -> bytes:
        return self._root_crl

    def certificate_of(self, holder: str) -> x509.Certificate:
        found = self._certificates.get(holder)
        if found is None:
            raise NoSealKey(holder=holder)
        return found

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        return {holder: (certificate,) for holder, certificate in self._certificates.items()}

    def sign(self, certificate: x509.Certificate, message: bytes) -> bytes:
        key = self._keys.get(thumbprint_of(certificate))
        if key is None:
            raise NoSealKey(holder=certificate.subject.rfc4514_string())
        r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    @classmethod
    def from_directory(cls, directory: Path, *, private: bool) -> Self:
        """Read what `keys init` wrote: `root.pem`, `root.crl`, and each `.key` beside its `.pem`.

        Refuses (UnsafeSealKey) a certificate of another root and, where `private`, a key others may read.
        """
        root_pem = (directory / ROOT_FILE).read_bytes()
        root = x509.load_pem_x509_certificate(root_pem)
        found = {
            holder: _read(certificate.with_suffix(".key"), root=root, private=private)
            for holder, certificate in _holders(directory)
        }
        return cls(root_pem=root_pem, root_crl=(directory / CRL_FILE).read_bytes(), credentials=found)


def _holders(directory: Path) -> Iterable[tuple[str, Path]]:
    for office in Office:
        yield office, office_path(directory, office)
    for key in sorted((directory / DEPARTMENTS).glob("*.key")):
        yield key.stem, key.with_suffix(".pem")


def _read(path: Path, *, root: x509.Certificate, private: bool) -> SealCredential:
    if private and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UnsafeSealKey(f"{path} may be read by others; its mode must be 0600")
    certificate = x509.load_pem_x509_certificate(path.with_suffix(".pem").read_bytes())
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise UnsafeSealKey(f"{path} is no key on P-256")
    if not is_seal_of(root, certificate) or key.public_key() != certificate.public_key():
        raise UnsafeSealKey(f"{path} has no certificate by {ROOT_FILE}")
    return SealCredential(key=key, certificate=certificate)

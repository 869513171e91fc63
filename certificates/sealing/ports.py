"""Who seals. `Signer` is the role; `SoftwareSigner` holds the keys in memory, read from files. PKCS#11 comes later."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from cryptography import x509
from joserfc import jws
from joserfc.jwk import ECKey

from certificates.sealing.errors import NoSealKey, UnsafeSealKey
from certificates.sealing.rules import REGISTRY, header_for, is_seal_of, may_seal, payload_of
from certificates.sealing.schemas import CertificateDocument

ROOT_FILE = "root.pem"
DEPARTMENTS = "departments"


class Signer(Protocol):
    """Seals documents in the name of departments."""

    @property
    def root_pem(self) -> bytes:
        """The platform's root certificate: what a verifier needs to know beforehand."""
        ...

    def seal(self, document: CertificateDocument) -> str:
        """The sealed document, a compact JWS, by the key of the issuing department.

        Refuses where that department has no key here, one for another credit code or one that ran out (NoSealKey), and
        a document that no verifier could accept (NotSealable).
        """
        ...


@dataclass(frozen=True, slots=True)
class SealCredential:
    """A department's sealing key and the certificate that speaks for it."""

    key: ECKey
    certificate: x509.Certificate


class SoftwareSigner:
    """Keys in this process's memory."""

    def __init__(self, *, root_pem: bytes, credentials: Mapping[str, SealCredential]) -> None:
        self._root_pem = root_pem
        self._credentials = dict(credentials)
        self._headers = {code: header_for(held.certificate) for code, held in credentials.items()}

    @property
    def root_pem(self) -> bytes:
        return self._root_pem

    def seal(self, document: CertificateDocument) -> str:
        department = document.issuer.department
        held = self._credentials.get(department)
        if held is None or not may_seal(held.certificate, document):
            raise NoSealKey(department=department)
        return jws.serialize_compact(self._headers[department], payload_of(document), held.key, registry=REGISTRY)

    @classmethod
    def from_directory(cls, directory: Path, *, private: bool) -> Self:
        """Read `root.pem`, and in `departments/` each `<department>.key` beside its `<department>.pem`.

        Refuses (UnsafeSealKey) a certificate of another root and, where `private`, a key others may read.
        """
        root_pem = (directory / ROOT_FILE).read_bytes()
        root = x509.load_pem_x509_certificate(root_pem)
        keys = sorted((directory / DEPARTMENTS).glob("*.key"))
        found = {path.stem: _read(path, root=root, private=private) for path in keys}
        return cls(root_pem=root_pem, credentials=found)


def _read(path: Path, *, root: x509.Certificate, private: bool) -> SealCredential:
    if private and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UnsafeSealKey(f"{path} may be read by others; its mode must be 0600")
    certificate = x509.load_pem_x509_certificate(path.with_suffix(".pem").read_bytes())
    key = ECKey.import_key(path.read_bytes())
    if not is_seal_of(root, certificate) or header_for(certificate)["kid"] != key.thumbprint():
        raise UnsafeSealKey(f"{path} has no certificate by {ROOT_FILE}")
    return SealCredential(key=key, certificate=certificate)

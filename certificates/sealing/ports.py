"""Who signs. `Signer` is the role; `SoftwareSigner` holds the keys in memory. Keys in a token: `hsm.py`."""

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certificates.sealing.directory import SealDirectory, Seals
from certificates.sealing.errors import NoSealKey, NotASeal, UnsafeSealKey
from certificates.sealing.rules import is_seal_of, revocations_in, thumbprint_of

T = TypeVar("T")


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
        """The certificate by whose key this holder signs now. Refuses (NoSealKey) who has none here.

        Ask once for each thing that is signed: the next answer may be another one.
        """
        ...

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        """By holder, every certificate by whose key they sign or ever signed, the present one first."""
        ...

    def sign(self, certificate: x509.Certificate, message: bytes) -> bytes:
        """The ES256 signature (r followed by s, 64 bytes; RFC 7518 section 3.4) by the key of this certificate.

        Also where another has taken its place a moment ago. Refuses (NoSealKey) a certificate whose key is not here.
        It may wait for a device, so code that runs in an event loop signs within `apart`.
        """
        ...

    async def apart(self, work: Callable[[], T]) -> T:
        """What this work, which signs, answers; other requests go on while a device is waited for."""
        ...


@dataclass(frozen=True, slots=True)
class SealCredential:
    """A sealing key and the certificate that speaks for it."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate


class SoftwareSigner:
    """Keys in this process's memory."""

    def __init__(
        self,
        *,
        root_pem: bytes,
        root_crl: bytes,
        credentials: Mapping[str, SealCredential],
        retired: Mapping[str, tuple[x509.Certificate, ...]] | None = None,
    ) -> None:
        self._root_pem = root_pem
        self._root_crl = root_crl
        self._current = {holder: held.certificate for holder, held in credentials.items()}
        self._all = all_certificates(self._current, retired or {})
        self._keys = {thumbprint_of(held.certificate): held.key for held in credentials.values()}

    @property
    def root_pem(self) -> bytes:
        return self._root_pem

    @property
    def root_crl(self) -> bytes:
        return self._root_crl

    def certificate_of(self, holder: str) -> x509.Certificate:
        found = self._current.get(holder)
        if found is None:
            raise NoSealKey(holder=holder)
        return found

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        return self._all

    def sign(self, certificate: x509.Certificate, message: bytes) -> bytes:
        key = self._keys.get(thumbprint_of(certificate))
        if key is None:
            raise NoSealKey(holder=certificate.subject.rfc4514_string())
        r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    async def apart(self, work: Callable[[], T]) -> T:
        # A signature takes less than a tenth of what handing it to a thread would.
        return work()

    @classmethod
    def from_directory(
        cls, directory: Path, *, private: bool, passphrase: bytes | None = None, encrypted: bool = False
    ) -> Self:
        """The seals of a key directory, with their keys from its files; what was revoked signs no more.

        Refuses (UnsafeSealKey) a certificate of another root, a key that the passphrase does not open and, where
        `private`, a key that others may read; where `encrypted`, one that has no passphrase.
        """
        where = SealDirectory(directory)
        seals = where.read()
        found = {}
        for holder, certificate in in_force(seals).items():
            path = where.key(holder, certificate.serial_number)
            if private:
                _refuse_shared(path)
            key = load_key(path, passphrase, encrypted=encrypted)
            if key.public_key() != certificate.public_key():
                raise UnsafeSealKey(f"{path} is not the key of {where.certificate(holder)}")
            found[holder] = SealCredential(key=key, certificate=certificate)
        return cls(root_pem=seals.root_pem, root_crl=seals.root_crl, credentials=found, retired=seals.retired)


def in_force(seals: Seals) -> dict[str, x509.Certificate]:
    """By whom which certificate signs now. Refuses (UnsafeSealKey) a certificate of another root."""
    root = x509.load_pem_x509_certificate(seals.root_pem)
    for holder, certificate in seals.current.items():
        if not is_seal_of(root, certificate):
            raise UnsafeSealKey(f"The certificate of {holder} was not issued by root.pem")
    try:
        revoked = revocations_in(seals.root_crl, seals.root_pem)
    except NotASeal:
        raise UnsafeSealKey("root.crl was not issued by root.pem; renew it with: onevisit keys crl") from None
    return {holder: found for holder, found in seals.current.items() if found.serial_number not in revoked}


def all_certificates(
    current: Mapping[str, x509.Certificate], retired: Mapping[str, tuple[x509.Certificate, ...]]
) -> dict[str, tuple[x509.Certificate, ...]]:
    """Present and former certificates by holder, the present one first."""
    holders = dict.fromkeys(chain(current, retired))
    return {
        holder: (*((current[holder],) if holder in current else ()), *retired.get(holder, ())) for holder in holders
    }


def load_key(path: Path, passphrase: bytes | None, *, encrypted: bool = False) -> EllipticCurvePrivateKey:
    """The key in a file. Refuses (UnsafeSealKey) one that is not there, that the passphrase does not open, and, where
    `encrypted`, one that has none.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UnsafeSealKey(f"{path} is not there") from None
    is_encrypted = b"ENCRYPTED" in content.split(b"\n", 1)[0]
    if encrypted and not is_encrypted:
        raise UnsafeSealKey(f"{path} has no passphrase; give it one with: onevisit keys protect")
    if is_encrypted and passphrase is None:
        raise UnsafeSealKey(f"{path} has a passphrase; name the file that holds it (ONEVISIT_SEAL_PASSPHRASE_FILE)")
    try:
        key = load_pem_private_key(content, password=passphrase if is_encrypted else None)
    except ValueError:
        raise UnsafeSealKey(f"{path} is not opened by this passphrase, or is damaged") from None
    if not isinstance(key, EllipticCurvePrivateKey):
        raise UnsafeSealKey(f"{path} is no key on P-256")
    return key


def _refuse_shared(path: Path) -> None:
    if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UnsafeSealKey(f"{path} may be read by others; its mode must be 0600")

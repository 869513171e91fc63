"""Where keys are administered: a directory, the store that makes and keeps its keys, and the root's key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key

from certificates.sealing.authority import Issued, private_pem
from certificates.sealing.directory import ROOT_KEY_FILE, SealDirectory, load_certificate, write_file
from certificates.sealing.errors import CeremonyRefused
from certificates.sealing.ports import load_key


class KeyStore(Protocol):
    """Where private keys of seals are made and stay."""

    def make(self, holder: str, serial: int) -> EllipticCurvePublicKey:
        """A new key on P-256 lies there, for the certificate with this serial number; answers its public half."""
        ...

    def destroy(self, holder: str, serial: int) -> bool:
        """The key is there no more; answers whether it was."""
        ...


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Keys in files of the directory, encrypted where there is a passphrase."""

    directory: SealDirectory
    passphrase: bytes | None = None

    def make(self, holder: str, serial: int) -> EllipticCurvePublicKey:
        key = generate_private_key(SECP256R1())
        pem = private_pem(key, self.passphrase)
        write_file(self.directory.key(holder, serial), pem, mode=0o600)
        return key.public_key()

    def destroy(self, holder: str, serial: int) -> bool:
        path = self.directory.key(holder, serial)
        was_there = path.exists()
        path.unlink(missing_ok=True)
        return was_there


@dataclass(frozen=True, slots=True)
class KeyDesk:
    """Where keys are administered: a directory, where its keys are kept, and the root's key, which may not be there."""

    directory: SealDirectory
    store: KeyStore
    root_key: Path
    root_passphrase: bytes | None = None

    @classmethod
    def of(cls, path: Path, *, passphrase: bytes | None = None) -> "KeyDesk":
        """A directory that holds everything, its root's key too."""
        directory = SealDirectory(path)
        return cls(directory, KeyFiles(directory, passphrase), path / ROOT_KEY_FILE, passphrase)

    def root(self) -> Issued:
        """The root with its key. Refuses (CeremonyRefused) where that is not there, or another root's."""
        if not self.root_key.exists():
            raise CeremonyRefused(
                f"This needs the root's key, and {self.root_key} is not there; fetch it, or name it with --root-key"
            )
        issued = Issued(load_key(self.root_key, self.root_passphrase), load_certificate(self.directory.root))
        if issued.key.public_key() != issued.certificate.public_key():
            raise CeremonyRefused(f"{self.root_key} is not the key of {self.directory.root}")
        return issued

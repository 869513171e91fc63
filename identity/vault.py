"""The keys that live outside the database, and what is done with them: sealing, opening, blind indexes.

Each party has its own data key, wrapped by the master key: destroying a wrapped key destroys what it sealed.
The index key is another one, so that who can look a number up cannot read any.
"""

import hmac
import secrets
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import CannotStart

KEY_BYTES = 32
_NONCE_BYTES = 12


class KeysNotSafe(CannotStart):
    """The key files cannot be used; the message says what to do."""


class Vault:
    """Seals with the master key (AES-256-GCM) and indexes with the index key (HMAC-SHA-256)."""

    def __init__(self, *, master_key: bytes, index_key: bytes) -> None:
        if len(master_key) != KEY_BYTES or len(index_key) != KEY_BYTES:
            raise KeysNotSafe(f"The master key and the index key must be files of exactly {KEY_BYTES} random bytes.")
        if hmac.compare_digest(master_key, index_key):
            raise KeysNotSafe("The master key and the index key must not be the same key.")
        if min(len(set(master_key)), len(set(index_key))) < KEY_BYTES // 4:
            raise KeysNotSafe("The master key and the index key must be random bytes.")
        self._master = AESGCM(master_key)
        self._index_key = index_key

    @classmethod
    def load(cls, *, master_key_file: Path, index_key_file: Path) -> "Vault":
        """From the two key files; refuses unsafe ones."""
        return cls(master_key=_read(master_key_file), index_key=_read(index_key_file))

    def new_party_key(self, party: UUID) -> bytes:
        """A fresh data key of this party, wrapped: safe to store beside what it seals."""
        return self.seal(AESGCM.generate_key(KEY_BYTES * 8), purpose=f"party-key:{party}")

    def seal_for(self, party: UUID, wrapped_key: bytes, text: str, *, purpose: str) -> bytes:
        """Ciphertext under the party's key, bound to party and purpose."""
        return _seal(self._party_key(party, wrapped_key), text.encode(), purpose=f"{purpose}:{party}")

    def open_for(self, party: UUID, wrapped_key: bytes, sealed: bytes, *, purpose: str) -> str:
        """The text back; raises `InvalidTag` if it was sealed for another party or purpose, or changed."""
        return _open(self._party_key(party, wrapped_key), sealed, purpose=f"{purpose}:{party}").decode()

    def seal(self, secret: bytes, *, purpose: str) -> bytes:
        """Ciphertext under the master key, for the platform's own secrets."""
        return _seal(self._master, secret, purpose=purpose)

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        return _open(self._master, sealed, purpose=purpose)

    def blind_index(self, text: str, *, purpose: str) -> bytes:
        """The same for the same text and purpose, and telling nothing to who lacks the index key."""
        return hmac.digest(self._index_key, f"{purpose}\0{text}".encode(), sha256)

    def _party_key(self, party: UUID, wrapped_key: bytes) -> AESGCM:
        return AESGCM(self.open(wrapped_key, purpose=f"party-key:{party}"))


def _seal(key: AESGCM, secret: bytes, *, purpose: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, secret, purpose.encode())


def _open(key: AESGCM, sealed: bytes, *, purpose: str) -> bytes:
    return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeysNotSafe(f"The key file {path} cannot be read: {error.strerror}.") from None

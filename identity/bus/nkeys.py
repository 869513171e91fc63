"""An account's nkey: the Ed25519 key by which identity signs who is let onto the bus, in the text forms of NATS.

A public key or seed is base32 over a prefix, the 32 bytes and a CRC-16. A JWT of NATS names the algorithm in its own
way, which no JOSE library knows.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# "A" for an account, and "SA" for its seed, once in base32.
_ACCOUNT = bytes([0])
_ACCOUNT_SEED = bytes([18 << 3, 0])
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}


class SeedRefused(ValueError):
    """The text is not the seed of an account."""


class AccountKey:
    """Signs for an account."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public: str = _encode(_ACCOUNT + self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "AccountKey":
        return cls(os.urandom(32))

    @classmethod
    def from_seed(cls, seed: str) -> "AccountKey":
        """The key of a seed `SA…`; refuses a damaged one, and the seed of anything but an account."""
        try:
            raw = base64.b32decode(seed.strip() + "=" * (-len(seed.strip()) % 8))
        except ValueError:
            raise SeedRefused from None
        body, check = raw[:-2], raw[-2:]
        if _check(body) != check or not body.startswith(_ACCOUNT_SEED) or len(body) != 34:
            raise SeedRefused
        return cls(body[2:])

    @classmethod
    def load(cls, path: Path) -> "AccountKey":
        return cls.from_seed(path.read_text(encoding="ascii"))

    def seed(self) -> str:
        return _encode(_ACCOUNT_SEED + self._secret)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT of NATS over the claims, issued by this account."""
        content = f"{_part(_HEADER)}.{_part({**claims, 'iss': self.public})}"
        return f"{content}.{_base64(self._key.sign(content.encode()))}"


def read_unverified(token: bytes) -> dict[str, Any]:
    """What a JWT of NATS says; `ValueError` where it is none. Whom it comes from, the subject it came on must say."""
    try:
        payload = token.split(b".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise ValueError("not a JWT of NATS") from None
    if not isinstance(claims, dict):
        raise ValueError("not a JWT of NATS")  # noqa: TRY004 - what is refused is the text
    return claims


def _encode(body: bytes) -> str:
    return base64.b32encode(body + _check(body)).rstrip(b"=").decode()


def _check(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2, "little")


def _part(content: Mapping[str, Any]) -> str:
    return _base64(orjson.dumps(content))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

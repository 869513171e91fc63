"""Access tokens: from a callable of the caller's own, or earned with the client's private key (RFC 7523)."""

import asyncio
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from onevisit_client.errors import KeyNotUsable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

TokenSource = Callable[[], Awaitable[str]]
RENEW_SECONDS_BEFORE_EXPIRY = 60.0
# A token that does not say when it ends is asked for again after this time.
UNKNOWN_LIFE_SECONDS = 300.0
ASSERTION_LIFE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A department's system proves itself with its key, and names the officer for whom it acts.

    `private_key` is PEM, or the path of a PEM file: EC P-256 or Ed25519. Needs `onevisit-client[credentials]`.
    """

    client_id: str
    private_key: str | bytes | Path = field(repr=False)
    officer: str | None = None
    scope: str | None = None

    def form(self, *, audience: str) -> dict[str, str]:
        """The body of a token request; the assertion in it is for one use."""
        asked = {"scope": self.scope, "officer": self.officer}
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion(audience=audience),
            **{name: value for name, value in asked.items() if value is not None},
        }

    def assertion(self, *, audience: str) -> str:
        """A JWT that proves possession of the key to this audience."""
        at = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": str(uuid4()),
            "iat": at,
            "exp": at + ASSERTION_LIFE_SECONDS,
        }
        return _Signer.load(self.private_key).sign(claims)


class Tokens:
    """The token to use now. Asks for the next one before this one ends; one request at a time."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._token = ""
        self._expires = 0.0
        self._asking = asyncio.Lock()

    async def current(self) -> str:
        """A token that is good for a minute at least, if the source gives such."""
        async with self._asking:
            if not self._token or time.time() > self._expires - RENEW_SECONDS_BEFORE_EXPIRY:
                self._token = await self._source()
                now, expires = time.time(), expiry_of(self._token)
                # One that has ended before it was given tells of our clock, not of the token.
                self._expires = now + UNKNOWN_LIFE_SECONDS if expires is None or expires <= now else expires
            return self._token

    @property
    def expires(self) -> float:
        """When the current one ends, in seconds since 1970."""
        return self._expires

    def forget(self, token: str) -> None:
        """This one was refused; the next call asks for another."""
        if token == self._token:
            self._token = ""


def expiry_of(token: str) -> float | None:
    """When a JWT says that it ends; None if it is none or does not say. Nothing is verified: it is our own."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, ValueError, KeyError, TypeError):
        return None


class _Signer:
    """ES256 or Ed25519, by what the key is. `kid` is the thumbprint of the public key (RFC 7638)."""

    def __init__(self, key: "ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey") -> None:
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - an extra of this distribution

        self._key = key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            point = key.public_key().public_numbers()
            jwk = {"crv": "P-256", "kty": "EC", "x": _b64(point.x.to_bytes(32)), "y": _b64(point.y.to_bytes(32))}
            self._algorithm = "ES256"
        else:
            jwk = {"crv": "Ed25519", "kty": "OKP", "x": _b64(key.public_key().public_bytes_raw())}
            self._algorithm = "Ed25519"
        self._kid = _b64(sha256(_json(jwk)).digest())

    @classmethod
    def load(cls, key: str | bytes | Path) -> "_Signer":
        """From PEM or the path of a PEM file; `KeyNotUsable` if the platform would not accept it."""
        try:
            from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - an extra, as above
            from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
        except ImportError:
            raise KeyNotUsable("signing needs: pip install 'onevisit-client[credentials]'") from None
        pem = key.read_bytes() if isinstance(key, Path) else key.encode() if isinstance(key, str) else key
        try:
            loaded = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise KeyNotUsable("the private key is not an unencrypted PEM") from None
        if isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.curve.name == "secp256r1":
            return cls(loaded)
        if isinstance(loaded, ed25519.Ed25519PrivateKey):
            return cls(loaded)
        raise KeyNotUsable("the private key is neither EC P-256 nor Ed25519")

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": self._algorithm, "typ": "JWT", "kid": self._kid}
        signed = f"{_b64(_json(header))}.{_b64(_json(claims))}"
        return f"{signed}.{_b64(self._signature(signed.encode()))}"

    def _signature(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415 - an extra, as above
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            r, s = utils.decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
            return r.to_bytes(32) + s.to_bytes(32)
        return self._key.sign(message)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _b64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()

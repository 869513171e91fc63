"""Signed statements (JWS) between services, and the public keys that check them. Thin over joserfc.

Only ES256 and Ed25519; the type (`typ`) is always checked, so that no statement passes for another; header
parameters that name a key or a place to fetch one are refused.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey

from shared.errors import Unavailable

ALGORITHMS = ["ES256", "Ed25519"]
ALLOWED_HEADERS = frozenset({"alg", "typ", "kid"})
LEEWAY_SECONDS = 60
MAX_TOKEN_CHARACTERS = 8192
RETRY_SECONDS = 0.5

Claims = dict[str, Any]


class NotTrusted(Exception):
    """The statement is not what it claims to be. `reason` is for logs; a caller learns only that it is refused."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Keys(Protocol):
    """Where the public key of a `kid` is found. None: nobody we trust has such a key."""

    async def find(self, kid: str) -> Key | None: ...


class SigningKey:
    """A private ES256 key with its thumbprint as `kid`."""

    def __init__(self, key: ECKey) -> None:
        self.key = key
        self.kid: str = key.thumbprint()

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(ECKey.generate_key("P-256"))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        return cls(ECKey.import_key(pem))

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        return cls.from_pem(path.read_bytes())

    def pem(self) -> bytes:
        return self.key.as_pem(private=True)

    def public_jwk(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": "ES256"}

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """A compact JWS over the claims, as UTF-8 JSON."""
        header = {"alg": "ES256", "typ": typ, "kid": self.kid}
        return jws.serialize_compact(header, orjson.dumps(claims), self.key)


class StaticKeys:
    """Keys known from the start: a JWKS document."""

    def __init__(self, *jwks: Mapping[str, Any]) -> None:
        self._keys = import_jwks({"keys": [*jwks]})

    async def find(self, kid: str) -> Key | None:
        return self._keys.get(kid)


class FetchedKeys:
    """Keys of a neighbour, fetched when a `kid` is new, at most once in `interval` seconds."""

    def __init__(self, fetch: Callable[[], Awaitable[Mapping[str, Any]]], *, interval: float = 10.0) -> None:
        self._fetch = fetch
        self._interval = interval
        self._keys: dict[str, Key] = {}
        self._ask_again_at = float("-inf")
        self._asking = asyncio.Lock()

    async def find(self, kid: str) -> Key | None:
        """Raises `Unavailable` while the neighbour has never answered; later outages leave the keys we know."""
        if self._should_ask(kid):
            async with self._asking:
                if self._should_ask(kid):
                    await self._refresh()
        if not self._keys:
            raise Unavailable(retry_after=1)
        return self._keys.get(kid)

    def _should_ask(self, kid: str) -> bool:
        return kid not in self._keys and time.monotonic() >= self._ask_again_at

    async def _refresh(self) -> None:
        # Set first: tokens with invented key names must not become a flood towards a neighbour that is down.
        self._ask_again_at = time.monotonic() + RETRY_SECONDS
        try:
            self._keys = import_jwks(await self._fetch())
        except Unavailable:
            return
        self._ask_again_at = time.monotonic() + self._interval


def import_jwks(document: Mapping[str, Any]) -> dict[str, Key]:
    """Public keys by `kid`; entries that are not EC P-256 or Ed25519 are left out."""
    usable = [jwk for jwk in document["keys"] if jwk.get("crv") in ("P-256", "Ed25519") and "d" not in jwk]
    keys: list[Key] = [(ECKey if jwk["kty"] == "EC" else OKPKey).import_key(jwk) for jwk in usable]
    return {key.kid or key.thumbprint(): key for key in keys}


def peek_header(token: str, *, longest: int = MAX_TOKEN_CHARACTERS) -> dict[str, Any]:
    """The protected header, checked to be one of ours but not yet trusted."""
    if len(token) > longest or not token.isascii() or token.count(".") != 2:
        raise NotTrusted("not a compact JWS of acceptable size")
    try:
        header: dict[str, Any] = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError):
        raise NotTrusted("the header cannot be read") from None
    if set(header) - ALLOWED_HEADERS:
        raise NotTrusted("a header parameter is not allowed")
    if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
        raise NotTrusted("the algorithm is not allowed or the key is not named")
    return header


async def verify_jws(token: str, *, keys: Keys, typ: str, longest: int = MAX_TOKEN_CHARACTERS) -> Claims:
    """The claims of a statement that is of this type and signed by one of these keys; else `NotTrusted`.

    `longest`: so many characters of it are looked at.
    """
    header = peek_header(token, longest=longest)
    if header.get("typ") != typ:
        raise NotTrusted("the statement is of another type")
    key = await keys.find(header["kid"])
    if key is None:
        raise NotTrusted("the key is not known")
    return open_jws(token, key)


def open_jws(token: str, key: Key) -> Claims:
    """The claims, if this key signed them."""
    try:
        opened = jws.deserialize_compact(token, KeySet([key]) if key.kid else key, algorithms=ALGORITHMS)
        claims = orjson.loads(opened.payload)
    except (JoseError, ValueError):
        raise NotTrusted("the signature does not hold") from None
    if not isinstance(claims, dict):
        raise NotTrusted("the payload is not an object")
    return claims


def check_claims(claims: Claims, *, issuer: str, audiences: Collection[str] | None, at: datetime) -> None:
    """Issuer, audience and times, with 60 s of tolerance between clocks (RFC 7519 section 4.1)."""
    now = at.timestamp()
    expires, not_before = claims.get("exp"), claims.get("nbf", claims.get("iat"))
    named = claims.get("aud")
    if claims.get("iss") != issuer:
        raise NotTrusted("another issuer")
    meant_for = named if isinstance(named, list) else [named]
    if audiences is not None and not any(name in audiences for name in meant_for):
        raise NotTrusted("meant for somebody else")
    if not isinstance(expires, int | float) or now > expires + LEEWAY_SECONDS:
        raise NotTrusted("expired")
    if not isinstance(not_before, int | float) or now < not_before - LEEWAY_SECONDS:
        raise NotTrusted("not valid yet")

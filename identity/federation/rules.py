"""Whether an ID token is good here, and for whom (OpenID Connect Core 1.0 section 3.1.3.7). Pure.

Stricter than the standard where that costs nobody anything: a token is for one of our clients and no other party, its
`acr` is one that the configuration values, and it is fresh.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from identity.federation.errors import SignInRefused
from identity.federation.providers import Provider
from shared.jose import LEEWAY_SECONDS

MAX_TOKEN_CHARACTERS = 16_384
MAX_KEYS = 100
LEAST_RSA_BITS = 2048
# Parameters that name no key and no place to fetch one, and change nothing of how the token is read.
ALLOWED_HEADERS = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})
KEY_TYPES: Mapping[str, tuple[type[Key], str | None]] = {
    "ES256": (ECKey, "P-256"),
    "ES384": (ECKey, "P-384"),
    "Ed25519": (OKPKey, "Ed25519"),
    "RS256": (RSAKey, None),
    "PS256": (RSAKey, None),
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """An ID token before it is believed: who it says it is from, and which key it says has signed it."""

    issuer: str
    alg: str
    kid: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody whom a provider has authenticated, as far as the token says. `number` never shows in a log."""

    provider: Provider
    subject: str = field(repr=False)
    acr: int
    number: str | None = field(repr=False)
    expires_at: datetime


def peek(token: str) -> Envelope:
    """What the token says of itself; refuses what is no compact JWS, or names a key in any other way than by `kid`."""
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii() or token.count(".") != 2:
        raise SignInRefused("not a compact JWS of acceptable size")
    try:
        parts = jws.extract_compact(token.encode())
        header: dict[str, Any] = parts.headers()
        issuer = orjson.loads(parts.payload)["iss"]
    except (JoseError, ValueError, KeyError, TypeError):
        raise SignInRefused("the token cannot be read") from None
    if set(header) - ALLOWED_HEADERS:
        raise SignInRefused("a header parameter is not allowed")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise SignInRefused("a token of another type")
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or not isinstance(kid, str) or not isinstance(issuer, str):
        raise SignInRefused("algorithm, key or issuer is not named")
    return Envelope(issuer, alg, kid)


def check_algorithm(provider: Provider, alg: str) -> None:
    """Only what the configuration names, whatever the token says."""
    if alg not in provider.algorithms:
        raise SignInRefused("the algorithm is not one of the provider's")


def usable_keys(document: object) -> dict[str, list[Mapping[str, Any]]]:
    """The public signing keys of a JWKS by `kid`; what else stands in it is left out."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise SignInRefused("the provider's keys are not a JWKS")
    found: dict[str, list[Mapping[str, Any]]] = {}
    for jwk in keys[:MAX_KEYS]:
        if isinstance(jwk, dict) and isinstance(jwk.get("kid"), str) and _is_for_checking(jwk):
            found.setdefault(jwk["kid"], []).append(jwk)
    return found


def key_for(candidates: Sequence[Mapping[str, Any]], alg: str) -> Key:
    """The key that can have made a signature of this algorithm; refuses where none or more than one can."""
    fitting = [jwk for jwk in candidates if jwk.get("alg", alg) == alg and _fits(jwk, alg)]
    if len(fitting) != 1:
        raise SignInRefused("the key is not known")
    kind, _ = KEY_TYPES[alg]
    [jwk] = fitting
    try:
        if kind is RSAKey and len(urlsafe_b64decode(jwk["n"] + "==").lstrip(b"\0")) * 8 < LEAST_RSA_BITS:
            raise SignInRefused("the key is too short")
        key = kind.import_key({name: value for name, value in jwk.items() if name not in {"key_ops", "x5c"}})
        assert key.public_key is not None  # reads the point, which may not lie on the curve
    except (JoseError, ValueError, TypeError, KeyError):
        raise SignInRefused("the key cannot be used") from None
    return key


def opened(token: str, key: Key, *, alg: str) -> dict[str, Any]:
    """The claims, if this key signed them by this algorithm."""
    try:
        claims = orjson.loads(jws.deserialize_compact(token, key, algorithms=[alg]).payload)
    except (JoseError, ValueError, TypeError):
        raise SignInRefused("the signature does not hold") from None
    if not isinstance(claims, dict):
        raise SignInRefused("the payload is not an object")
    return claims


def sign_in(claims: Mapping[str, Any], *, provider: Provider, client_id: str, at: datetime) -> SignIn:
    """Whom the provider has signed in for this client of ours; refuses with the first reason that holds."""
    if claims.get("iss") != provider.issuer:
        raise SignInRefused("another issuer")
    _check_audience(claims, provider=provider, client_id=client_id)
    expires = _check_times(claims, max_age=provider.max_age_seconds, at=at)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isascii() or "\0" in subject:
        raise SignInRefused("no subject")
    acr = claims.get("acr")
    if not isinstance(acr, str) or acr not in provider.acr:
        raise SignInRefused("an assurance that the configuration does not value")
    number = claims.get(provider.number_claim) if provider.number_claim else None
    if number is not None and not isinstance(number, str):
        raise SignInRefused("the identity number is not a text")
    return SignIn(provider, subject, provider.acr[acr], number, expires)


def _check_audience(claims: Mapping[str, Any], *, provider: Provider, client_id: str) -> None:
    named = claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    ours = {audience for audience, client in provider.audiences.items() if client == client_id}
    if not audiences or not all(isinstance(each, str) for each in audiences) or not set(audiences) <= ours:
        raise SignInRefused("meant for somebody else")
    azp = claims.get("azp")
    if (azp is None and len(audiences) > 1) or (azp is not None and azp not in ours):
        raise SignInRefused("authorised for somebody else")


def _check_times(claims: Mapping[str, Any], *, max_age: int, at: datetime) -> datetime:
    now = at.timestamp()
    expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf", claims.get("iat"))
    if not all(isinstance(time, int | float) and not isinstance(time, bool) for time in (expires, issued, begins)):
        raise SignInRefused("a time is missing")
    assert expires is not None
    assert issued is not None
    assert begins is not None
    if now > expires + LEEWAY_SECONDS:
        raise SignInRefused("expired")
    if now > issued + max_age + LEEWAY_SECONDS:
        raise SignInRefused("signed in too long ago")
    if max(issued, begins) > now + LEEWAY_SECONDS:
        raise SignInRefused("not valid yet")
    # A token is used up for as long as it could be shown again; a far `exp` gains it nothing.
    return datetime.fromtimestamp(min(expires, issued + max_age), UTC) + timedelta(seconds=2 * LEEWAY_SECONDS)


def _is_for_checking(jwk: Mapping[str, Any]) -> bool:
    """Public, and not for encrypting."""
    return jwk.get("use", "sig") == "sig" and not {"d", "k"} & jwk.keys()


def _fits(jwk: Mapping[str, Any], alg: str) -> bool:
    kind, curve = KEY_TYPES[alg]
    return jwk.get("kty") == kind.key_type and (curve is None or jwk.get("crv") == curve)

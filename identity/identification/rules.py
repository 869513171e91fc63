"""How somebody proves who they are, how strong that is, and when a proof is accepted. Pure."""

import hmac
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

Method = Literal["id-card", "one-time-code"]

LIFE = timedelta(minutes=5)
MAX_TRIES = 5
# Started and not proved within the window, per device of a client and per number.
OPEN_PER_WINDOW = 10
WINDOW = timedelta(minutes=1)
CODE_DIGITS = 6
# Wrong codes for one number within a day, over all its ceremonies: who guesses on finds one code in twenty thousand.
WRONG_CODES = 50
GUESSING_WINDOW = timedelta(hours=24)
_COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What was started, as far as judging a proof needs it. Somebody unknown has no card and no code that holds."""

    method: Method
    known: bool
    challenge: str
    expected_code: bytes
    card: Mapping[str, Any] | None
    tries: int
    expires_at: datetime
    proved: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What the person answered. `code_digest` is that of the answer, taken as a code."""

    response: str
    code_digest: bytes


def _card_holds(ceremony: Ceremony, given: Given) -> bool:
    return ceremony.card is not None and signature_holds(ceremony.card, ceremony.challenge, given.response)


def _code_holds(ceremony: Ceremony, given: Given) -> bool:
    return hmac.compare_digest(ceremony.expected_code, given.code_digest)


@dataclass(frozen=True, slots=True)
class Strength:
    """How a method is checked, and how far it is to be trusted (acr; face verification will be 3)."""

    assurance: int
    holds: Callable[[Ceremony, Given], bool]


METHODS: Mapping[Method, Strength] = {
    "one-time-code": Strength(1, _code_holds),
    "id-card": Strength(2, _card_holds),
}
assert set(METHODS) == set(get_args(Method))


def is_closed(ceremony: Ceremony, *, at: datetime) -> bool:
    """A ceremony is good for one success, five tries and five minutes."""
    return ceremony.proved or ceremony.tries >= MAX_TRIES or at >= ceremony.expires_at


def proves(ceremony: Ceremony, given: Given) -> bool:
    """Whether the answer shows that the person is who they said; never for somebody unknown."""
    return METHODS[ceremony.method].holds(ceremony, given) and ceremony.known


def signature_holds(card: Mapping[str, Any], challenge: str, response: str) -> bool:
    """ES256 over the characters of the challenge: base64url of r and s, 32 bytes each (RFC 7518 section 3.4)."""
    try:
        raw = urlsafe_b64decode(response + "=" * (-len(response) % 4))
    except (NotBase64, ValueError):
        return False
    if len(raw) != 2 * _COORDINATE_BYTES:
        return False
    r, s = int.from_bytes(raw[:_COORDINATE_BYTES]), int.from_bytes(raw[_COORDINATE_BYTES:])
    key = ECKey.import_key(dict(card)).public_key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(encode_dss_signature(r, s), challenge.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True

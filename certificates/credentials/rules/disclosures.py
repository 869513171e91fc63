"""Claims that are shown one by one: each hidden behind a salted digest until its disclosure is shown (RFC 9901). Pure.

All of ours are members of the credential itself: none is inside another.
"""

from collections.abc import Collection, Iterable
from hashlib import sha256

import orjson
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from pydantic import JsonValue

from certificates.credentials.errors import NotACredential

SALT_BYTES = 16
# What everybody who is shown a credential must see (SD-JWT VC section 2.2.2.2), what has a meaning in every token, and
# what stands for digests.
NEVER_HIDDEN = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}
    | {"_sd", "_sd_alg", "..."}
)


def disclosure_of(name: str, value: JsonValue, *, salt: bytes) -> str:
    """What is shown to show this claim (section 4.2.1)."""
    return urlsafe_b64encode(orjson.dumps([urlsafe_b64encode(salt).decode(), name, value])).decode()


def digest_of(disclosure: str) -> str:
    """What stands for it in the credential (section 4.2.3)."""
    return urlsafe_b64encode(sha256(disclosure.encode()).digest()).decode()


def disclosed(disclosures: Iterable[str], *, digests: Collection[str]) -> dict[str, JsonValue]:
    """The claims that are shown. Refuses (NotACredential) a disclosure that the credential does not know, one shown
    twice, a second claim of a name, and a claim that may not be hidden or hides others (section 7.1).
    """
    hidden, claims = set(digests), dict[str, JsonValue]()
    for disclosure in disclosures:
        digest = digest_of(disclosure)
        if digest not in hidden:
            raise NotACredential("disclosure-wrong")
        hidden.remove(digest)
        name, value = _parts(disclosure)
        if name in claims or name in NEVER_HIDDEN or _hides(value):
            raise NotACredential("disclosure-wrong")
        claims[name] = value
    return claims


def _parts(disclosure: str) -> tuple[str, JsonValue]:
    try:
        parts = orjson.loads(urlsafe_b64decode(disclosure.encode()))
    except ValueError:
        raise NotACredential("disclosure-wrong") from None
    if not isinstance(parts, list) or [type(part) for part in parts[:2]] != [str, str] or len(parts) != 3:
        raise NotACredential("disclosure-wrong")
    return parts[1], parts[2]


def _hides(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return not value.keys().isdisjoint({"_sd", "..."}) or any(map(_hides, value.values()))
    return isinstance(value, list) and any(map(_hides, value))

"""What a client may be given, and which public keys it may prove itself by. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey

from identity.administration.errors import ClientHasTwoKeys, KeyNotUsable, KeyTaken, PrivateKeySent, ScopesNotForKind
from identity.tokens.rules import ClientKind
from shared.administration import ADMINISTER

# While one takes the place of the other.
MOST_KEYS = 2
KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

# Our own services are not among them: they are set up where the platform is, not through its door.
SCOPES_OF: Mapping[ClientKind, frozenset[str]] = {
    "department": frozenset(
        {
            "cases",
            "certificates:manage",
            "events",
            "evidence",
            "evidence:import",
            "parties:number",
            "parties:register",
            "parties:resolve",
            "records:file",
        }
    ),
    "app": frozenset({"identify"}),
    "ops": frozenset({ADMINISTER, "audit", "calendar:administer", "catalogue:publish", "clients:manage"}),
    "service": frozenset(),
}
ROLES_OF: Mapping[ClientKind, frozenset[str]] = {
    "department": frozenset({"number-authority"}),
    "app": frozenset({"window-clerk"}),
    "ops": frozenset({"auditor"}),
    "service": frozenset(),
}


def check_may_have(kind: ClientKind, *, scopes: Collection[str], roles: Collection[str]) -> None:
    """Each kind of client has rights of its own kind only; refuses with all that are not (ScopesNotForKind)."""
    wrong_scopes = sorted(set(scopes) - SCOPES_OF[kind])
    wrong_roles = sorted(set(roles) - ROLES_OF[kind])
    if wrong_scopes or wrong_roles:
        raise ScopesNotForKind(kind=kind, scopes=[*wrong_scopes], roles=[*wrong_roles])


def public_key(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The key as it is kept: public, of a kind that assertions are checked by, named by `kid` or by its thumbprint.

    Refuses private keys (PrivateKeySent), other kinds and points that are not on the curve (KeyNotUsable).
    """
    if _SECRET_MEMBERS & sent.keys():
        raise PrivateKeySent
    key = _imported(sent)
    kid = sent.get("kid") or key.thumbprint()
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise KeyNotUsable(reason="kid")
    return {
        **key.as_dict(private=False),
        "kid": kid,
        "use": "sig",
        "alg": "ES256" if sent["kty"] == "EC" else "Ed25519",
    }


def with_key(held: Sequence[Mapping[str, Any]], key: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The client's keys with this one; None if it has it already. Refuses a third, and a name that is in use."""
    for other in held:
        if _point(other) == _point(key):
            return None
        if other["kid"] == key["kid"]:
            raise KeyTaken
    if len(held) >= MOST_KEYS:
        raise ClientHasTwoKeys(keys=[str(other["kid"]) for other in held])
    return [*map(dict, held), dict(key)]


def changes(before: object | None, after: Mapping[str, Any]) -> list[str]:
    """The names of what is different; all of them where there was nothing."""
    return sorted(name for name, value in after.items() if before is None or getattr(before, name) != value)


def _imported(sent: Mapping[str, Any]) -> Key:
    kinds: dict[tuple[object, object], type[ECKey | OKPKey]] = {
        ("EC", "P-256"): ECKey,
        ("OKP", "Ed25519"): OKPKey,
    }
    try:
        kind = kinds[sent.get("kty"), sent.get("crv")]
    except (KeyError, TypeError):
        raise KeyNotUsable(reason="kind") from None
    try:
        key: Key = kind.import_key({name: sent[name] for name in ("kty", "crv", "x", "y") if name in sent})
        assert key.public_key is not None  # reads the point, which may not lie on the curve
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeyNotUsable(reason="point") from None
    return key


def _point(key: Mapping[str, Any]) -> tuple[Any, Any]:
    return key["x"], key.get("y")

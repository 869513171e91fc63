"""Access tokens (RFC 9068 `at+jwt`) to callers. A token verified once is remembered until it expires.

Revocations are a list of who is refused, kept in memory by `shared.web.revocations`: nothing is asked per request.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, get_args
from uuid import UUID

from shared.auth.caller import Caller, CallerKind
from shared.auth.revocations import Revocations, is_revoked
from shared.errors import NotAuthenticated
from shared.jose import LEEWAY_SECONDS, Keys, NotTrusted, check_claims, verify_jws

ACCESS_TOKEN = "at+jwt"  # noqa: S105 - a media type, not a secret
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What is remembered of a token: whose it is, and when it expires."""

    caller: Caller
    expires: float


class TokenVerifier:
    """Checks tokens of one issuer for these audiences."""

    def __init__(self, keys: Keys, *, issuer: str, audiences: Collection[str], clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audiences = audiences
        self._clock = clock
        self._revocations = Revocations()
        self._remembered: dict[bytes, Verified] = {}

    def heed(self, revocations: Revocations) -> None:
        """From now on tokens of these are refused, also those that were verified before, and no others."""
        self._revocations = revocations

    async def verify(self, token: str) -> Caller:
        """The caller of a valid token; `NotAuthenticated` for every other, without saying why."""
        at = self._clock()
        fingerprint = sha256(token.encode("utf-8", "replace")).digest()
        known = self._remembered.get(fingerprint)
        if known is None or at.timestamp() > known.expires + LEEWAY_SECONDS:
            known = await self._opened(token, at)
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[fingerprint] = known
        self.check_not_revoked(known.caller)
        return known.caller

    def check_not_revoked(self, caller: Caller) -> None:
        """Refuse (NotAuthenticated) whoever was revoked since: for acts that outlast the look at their token."""
        if is_revoked(caller, issued=caller.issued, revocations=self._revocations):
            raise NotAuthenticated

    async def _opened(self, token: str, at: datetime) -> Verified:
        try:
            claims = await verify_jws(token, keys=self._keys, typ=ACCESS_TOKEN)
            check_claims(claims, issuer=self._issuer, audiences=self._audiences, at=at)
            caller = caller_from(claims, token=token)
        except NotTrusted:
            raise NotAuthenticated from None
        return Verified(caller, float(claims["exp"]))


def caller_from(claims: dict[str, Any], *, token: str) -> Caller:
    """The caller that these claims describe; `NotTrusted` if they do not describe one."""
    try:
        kind: CallerKind = claims["kind"]
        if kind not in get_args(CallerKind):
            raise NotTrusted("an unknown kind of caller")
        sub = str(UUID(claims["sub"])) if kind == "person" else str(claims["sub"])
        issued = claims.get("iat")
        return Caller(
            sub=sub,
            kind=kind,
            client_id=str(claims["client_id"]),
            token=token,
            scopes=frozenset(str(claims.get("scope", "")).split()),
            roles=frozenset(map(str, claims.get("roles", []))),
            department=claims.get("department"),
            region=claims.get("region"),
            acr=int(claims.get("acr", 0)),
            act=claims.get("act", {}).get("sub"),
            issued=float(issued) if isinstance(issued, int | float) else 0.0,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotTrusted("claims are missing or malformed") from None

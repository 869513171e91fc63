"""Grants as licensing signs them: the reason for which a department may look somebody up."""

from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from identity.parties.errors import PurposeRefused
from shared.contracts.evidence import GRANT_TYPE, Grant
from shared.jose import Keys, NotTrusted, check_claims, verify_jws


class Grants(Protocol):
    """Opens a grant, or refuses."""

    async def open(self, token: str | None, *, at: datetime) -> Grant: ...


class SignedGrants:
    """Grants that verify offline against licensing's published keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def open(self, token: str | None, *, at: datetime) -> Grant:
        """The grant; `PurposeRefused` for a missing, forged or expired one."""
        if token is None:
            raise PurposeRefused(reason="grant-missing")
        try:
            claims = await verify_jws(token, keys=self._keys, typ=GRANT_TYPE)
            check_claims(claims, issuer="licensing", audiences=None, at=at)
            return Grant.model_validate(claims)
        except (NotTrusted, ValidationError):
            raise PurposeRefused(reason="grant-not-valid") from None

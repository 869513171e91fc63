"""This service's own access tokens, one per neighbour, by `private_key_jwt` (RFC 7523)."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2

from shared.errors import Unavailable
from shared.ids import new_id
from shared.jose import SigningKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RENEW_SECONDS_BEFORE_EXPIRY = 60


def client_assertion(key: SigningKey, *, client_id: str, audience: str, at: datetime) -> str:
    """Proof that we hold the client's key; for one use within two minutes."""
    now = int(at.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": str(new_id()),
        "iat": now,
        "exp": now + 120,
    }
    return key.sign(claims, typ="JWT")


class ServiceTokens:
    """Asks identity for a token when there is none or it is about to expire; one request at a time per audience."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        client_id: str,
        key: SigningKey,
        identity_url: str,
        issuer: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._client_id = client_id
        self._key = key
        self._url = f"{identity_url}/oauth/token"
        self._issuer = issuer
        self._clock = clock
        self._tokens: dict[str, tuple[float, str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token_for(self, audience: str) -> str:
        """A token that the neighbour named `audience` accepts; `Unavailable` while identity does not answer."""
        async with self._locks.setdefault(audience, asyncio.Lock()):
            expires, token = self._tokens.get(audience, (0.0, ""))
            if self._clock().timestamp() < expires - RENEW_SECONDS_BEFORE_EXPIRY:
                return token
            answer = await self._ask(audience)
            token = str(answer["access_token"])
            self._tokens[audience] = (self._clock().timestamp() + float(answer["expires_in"]), token)
            return token

    async def _ask(self, audience: str) -> dict[str, Any]:
        assertion = client_assertion(self._key, client_id=self._client_id, audience=self._issuer, at=self._clock())
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "audience": audience,
        }
        try:
            response = await self._http.post(self._url, data=form)
        except httpx2.HTTPError:
            raise Unavailable(service="identity", retry_after=1) from None
        if response.status_code != 200:
            raise Unavailable(service="identity", retry_after=1)
        answer: dict[str, Any] = response.json()
        return answer

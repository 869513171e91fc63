"""The provider's published keys: found by discovery, kept for a while, asked for again when a key is new."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx2
import orjson
import structlog

from identity.federation.errors import SignInRefused
from identity.federation.providers import LOOPBACK, Provider
from identity.federation.rules import usable_keys
from shared.clock import Clock
from shared.errors import Unavailable

DISCOVERY = "/.well-known/openid-configuration"
MAX_BYTES = 262_144
TIMEOUT = httpx2.Timeout(5.0, connect=2.0)
# Tokens with invented key names must not become a flood towards the provider.
ASK_AGAIN_AFTER = timedelta(seconds=10)
# Without an answer for so long, a key that was withdrawn could be believed for ever.
KEPT_AT_MOST = timedelta(hours=1)
log = structlog.get_logger(__name__)
Jwks = Mapping[str, list[Mapping[str, Any]]]


class ProviderKeys(Protocol):
    """Where the keys of a provider are found by their name; none for a name that it does not publish."""

    async def find(self, kid: str) -> list[Mapping[str, Any]]: ...


class KnownKeys:
    """Keys that are known from the start: a twin for whoever has no network."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._keys = usable_keys(document)

    async def find(self, kid: str) -> list[Mapping[str, Any]]:
        return self._keys.get(kid, [])


class PublishedKeys:
    """Keys as the provider publishes them now, or did within its `keys_seconds`."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._http = httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False, verify=provider.tls())
        self._keys: Jwks = {}
        self._read_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def find(self, kid: str) -> list[Mapping[str, Any]]:
        """Raises `Unavailable` while the provider has not answered for an hour, or never."""
        # Whoever comes while the provider is being asked waits for its answer, unless what they need is at hand.
        if self._should_ask(kid) or (self._asking.locked() and self._lacks(kid)):
            async with self._asking:
                if self._should_ask(kid):
                    await self._ask()
        if self._too_old():
            raise Unavailable(service="oidc-provider", retry_after=10)
        return self._keys.get(kid, [])

    async def close(self) -> None:
        await self._http.aclose()

    def _should_ask(self, kid: str) -> bool:
        at = self._clock()
        if self._asked_at is not None and at - self._asked_at < ASK_AGAIN_AFTER:
            return False
        old = self._read_at is None or at - self._read_at > timedelta(seconds=self._provider.keys_seconds)
        return old or kid not in self._keys

    def _lacks(self, kid: str) -> bool:
        return kid not in self._keys or self._too_old()

    def _too_old(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at > KEPT_AT_MOST

    async def _ask(self) -> None:
        self._asked_at = self._clock()
        try:
            document = await self._get(self._provider.issuer + DISCOVERY)
            if document.get("issuer") != self._provider.issuer:
                raise SignInRefused("discovery names another issuer")
            self._keys = usable_keys(await self._get(self._address(document.get("jwks_uri"))))
            self._read_at = self._clock()
        except (httpx2.HTTPError, SignInRefused, ValueError) as error:
            reason = error.reason if isinstance(error, SignInRefused) else type(error).__name__
            log.warning("no keys of a provider", issuer=self._provider.issuer, reason=reason)

    def _address(self, url: object) -> str:
        if not isinstance(url, str) or not url.startswith(("https://", *LOOPBACK)):
            raise SignInRefused("the keys' address is not https")
        if url.startswith(LOOPBACK) and not self._provider.issuer.startswith(LOOPBACK):
            raise SignInRefused("the keys' address is our own machine")
        return url

    async def _get(self, url: str) -> dict[str, Any]:
        body = b""
        async with self._http.stream("GET", url, headers={"accept": "application/json"}) as response:
            if response.status_code != 200:
                raise SignInRefused(f"answered {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise SignInRefused("answered more than a document")
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise SignInRefused("answered no object")
        return document

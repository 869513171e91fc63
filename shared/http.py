"""Calls to a neighbouring service: token, time-outs, correlation, and its refusals kept as facts."""

import ssl
from functools import cache
from typing import Any

import httpx2
import orjson

from shared import tracing
from shared.auth.service_tokens import ServiceTokens
from shared.errors import Unavailable
from shared.telemetry import outgoing_headers

TIMEOUT = httpx2.Timeout(5.0, connect=1.0)
LIMITS = httpx2.Limits(max_connections=200, max_keepalive_connections=100, keepalive_expiry=30.0)


class Refused(Exception):
    """The neighbour answered, and said no."""

    def __init__(self, service: str, status: int, code: str) -> None:
        super().__init__(f"{service} answered {status} {code}")
        self.service = service
        self.status = status
        self.code = code


@cache
def _trusted_authorities() -> ssl.SSLContext:
    # Reading them takes tens of milliseconds; they are the same for every client.
    return ssl.create_default_context()


def new_client() -> httpx2.AsyncClient:
    """The keep-alive client that a service uses for all its neighbours."""
    return httpx2.AsyncClient(
        timeout=TIMEOUT, limits=LIMITS, follow_redirects=False, trust_env=False, verify=_trusted_authorities()
    )


class ServiceClient:
    """One neighbour. `name` is both its audience in tokens and its name in errors."""

    def __init__(self, http: httpx2.AsyncClient, *, name: str, base_url: str, tokens: ServiceTokens | None) -> None:
        self.name = name
        self._http = http
        self._base = base_url.rstrip("/")
        self._tokens = tokens

    async def get(self, path: str, *, params: dict[str, str] | None = None) -> Any:
        """The parsed body of a 2xx. Raises `Refused`, or `Unavailable` when there is no answer."""
        return await self._call("GET", path, params=params)

    async def post(self, path: str, body: object) -> Any:
        """Like `get`, with a JSON body."""
        return await self._call("POST", path, content=orjson.dumps(body))

    async def _call(
        self, method: str, path: str, *, content: bytes | None = None, params: dict[str, str] | None = None
    ) -> Any:
        with tracing.span(method, "client", self.name) as span:
            headers = outgoing_headers()
            if self._tokens is not None:
                headers["authorization"] = f"Bearer {await self._tokens.token_for(self.name)}"
            if content is not None:
                headers["content-type"] = "application/json"
            try:
                response = await self._http.request(
                    method, self._base + path, content=content, params=params, headers=headers
                )
            except httpx2.HTTPError:
                raise Unavailable(service=self.name, retry_after=1) from None
            if span is not None:
                span.answered(response.status_code)
        if response.status_code >= 500:
            raise Unavailable(service=self.name, retry_after=1)
        if response.status_code >= 400:
            raise Refused(self.name, response.status_code, _code_of(response))
        return orjson.loads(response.content) if response.content else None


def _code_of(response: httpx2.Response) -> str:
    try:
        return str(orjson.loads(response.content)["code"])
    except (ValueError, KeyError, TypeError):
        return "unknown"

"""HTTP to the platform: a token on every request, its problem documents as errors."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx2

from onevisit_client import trace
from onevisit_client.errors import PlatformRefused, PlatformUnavailable
from onevisit_client.tokens import ClientCredentials, Tokens, TokenSource

ANSWER_SECONDS = 30.0
CONNECT_SECONDS = 5.0
DISCOVERY = "/.well-known/oauth-authorization-server"
TOO_MANY = 429

Query = Mapping[str, str | int | Sequence[str]]


class Transport:
    """One platform, one client of it. Closed by whoever opened it."""

    def __init__(self, url: str, token: TokenSource | ClientCredentials, *, trust_env: bool = True) -> None:
        self.http = httpx2.AsyncClient(base_url=url.rstrip("/"), timeout=_timeout(0.0), trust_env=trust_env)
        if isinstance(token, ClientCredentials):
            credentials = token
            self.tokens = Tokens(lambda: self._earn(credentials))
        else:
            self.tokens = Tokens(token)

    async def get(self, path: str, query: Query | None = None, *, seconds: float = 0.0) -> Any:
        """The parsed body. `seconds`: how much longer than usual the answer may take."""
        return await self._call("GET", path, params=dict(query or {}), seconds=seconds)

    async def post(self, path: str, body: object, *, key: str | None = None) -> Any:
        """Like `get`. `key` repeats an act safely: the same text gives the same answer."""
        return await self._call("POST", path, json=body, headers={"idempotency-key": key or str(uuid4())})

    async def delete(self, path: str) -> None:
        """It is gone."""
        await self._call("DELETE", path)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = 0.0,
        **request: Any,
    ) -> Any:
        request |= {"timeout": _timeout(seconds)}
        token = await self.tokens.current()
        response = await self._send(method, path, headers=_bearing(token, headers), **request)
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            # It may have been revoked, or signed by a key that is gone; a fresh one is worth one more try.
            self.tokens.forget(token)
            token = await self.tokens.current()
            response = await self._send(method, path, headers=_bearing(token, headers), **request)
        return _answer(response)

    async def _earn(self, credentials: ClientCredentials) -> str:
        found = _answer(await self._send("GET", DISCOVERY))
        form = credentials.form(audience=found["issuer"])
        answer = _answer(await self._send("POST", "/oauth/token", data=form))
        return str(answer["access_token"])

    async def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            return await self.http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise PlatformUnavailable(f"{method} {path}: {type(error).__name__} {error}".strip()) from None


def _timeout(seconds: float) -> httpx2.Timeout:
    return httpx2.Timeout(ANSWER_SECONDS + seconds, connect=CONNECT_SECONDS)


def _bearing(token: str, headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **trace.headers(), **(headers or {})}


def _answer(response: httpx2.Response) -> Any:
    if response.status_code >= 500 or response.status_code == TOO_MANY:
        wait = response.headers.get("retry-after", "")
        reason = f"{response.request.method} {response.request.url.path} was answered {response.status_code}"
        raise PlatformUnavailable(reason, retry_after=float(wait) if wait.isdecimal() else None)
    if response.status_code >= 300:
        body = _problem(response)
        code = body.get("code") or body.get("error") or "unknown"  # OAuth's refusals have names of their own
        title = body.get("title") or body.get("error_description") or response.reason_phrase
        raise PlatformRefused(response.status_code, str(code), str(title), body)
    try:
        return response.json() if response.content else None
    except ValueError:
        raise PlatformUnavailable(f"{response.request.url.path} was not answered in JSON") from None


def _problem(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

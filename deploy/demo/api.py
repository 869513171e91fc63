"""The public API as a demo client calls it: by name of the caller, with clear failures. No short cuts inside."""

from collections.abc import AsyncGenerator
from typing import Any, Self

import httpx2
import orjson

from deploy.world import World
from shared.ids import new_id


class CallFailed(Exception):
    """The platform refused or did not answer; `body` is its problem document."""

    def __init__(self, what: str, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{what}: {status} {body.get('code', '')} {body.get('title', '')}".strip())
        self.status = status
        self.body = body


class Api:
    """Calls under the name of a person or department. `traceparent`: the trace that they belong to, if to any."""

    def __init__(self, world: World, *, traceparent: str | None = None) -> None:
        self.world = world
        self._http = world.http
        self._headers = {"traceparent": traceparent} if traceparent else {}

    def within(self, event: dict[str, Any]) -> Self:
        """For what is done about an event: it belongs to the trace of the event (CloudEvents, distributed tracing)."""
        return type(self)(self.world, traceparent=event.get("traceparent"))

    async def document(self, name: str | None, path: str, *, statement: str | None = None) -> bytes:
        """The bytes of a document, as they are."""
        return (await self._ask("GET", name, path, statement=statement)).content

    async def get(self, name: str | None, path: str, *, statement: str | None = None, **params: str | int) -> Any:
        """`statement`: who may be acted for, as `GET /v1/me/representations` gave it."""
        return _json((await self._ask("GET", name, path, params=params, statement=statement)).content)

    async def post(self, name: str | None, path: str, body: object, *, key: str | None = None) -> Any:
        """`key` makes the act repeatable; by default each call is an act of its own."""
        key = key or str(new_id())
        return _json((await self._ask("POST", name, path, content=orjson.dumps(body), key=key)).content)

    async def patch(self, name: str, path: str, body: object) -> Any:
        return _json((await self._ask("PATCH", name, path, content=orjson.dumps(body))).content)

    async def stream(self, name: str, path: str) -> AsyncGenerator[dict[str, Any]]:
        """Server-sent events, until the server ends the stream."""
        headers = {
            **self._headers,
            "authorization": f"Bearer {await self.world.token(name)}",
            "accept": "text/event-stream",
        }
        async with self._http.stream("GET", path, headers=headers, timeout=None) as response:
            if response.status_code != 200:
                raise CallFailed(f"GET {path}", response.status_code, _json(await response.aread()))
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    yield orjson.loads(line[5:])

    async def _ask(
        self,
        method: str,
        name: str | None,
        path: str,
        *,
        content: bytes | None = None,
        params: dict[str, str | int] | None = None,
        key: str | None = None,
        statement: str | None = None,
    ) -> httpx2.Response:
        headers = {**self._headers, **({"content-type": "application/json"} if content is not None else {})}
        if name is not None:
            headers["authorization"] = f"Bearer {await self.world.token(name)}"
        if key is not None:
            headers["idempotency-key"] = key
        if statement is not None:
            headers["representation"] = statement
        response = await self._http.request(method, path, content=content, params=params, headers=headers)
        if response.status_code >= 400:
            raise CallFailed(f"{method} {path} as {name}", response.status_code, _json(response.content))
        return response


def _json(content: bytes) -> dict[str, Any]:
    try:
        body: dict[str, Any] = orjson.loads(content)
    except ValueError:
        return {}
    return body

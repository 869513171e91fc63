"""The least that answers HTTP: one function per path, body, headers and query in, bytes out."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[bytes, Mapping[bytes, bytes], bytes], Awaitable[bytes]]
_HEADERS = [(b"content-type", b"application/json")]


def application(routes: Mapping[str, Handler], lifespan: Callable[[], AbstractAsyncContextManager[None]]) -> ASGIApp:
    """An ASGI application over exact paths."""

    async def run_lifespan(receive: Receive, send: Send) -> None:
        await receive()
        async with lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await run_lifespan(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = await routes[scope["path"]](body, dict(scope["headers"]), scope["query_string"])
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": answer})

    return app

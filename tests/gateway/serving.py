"""Real servers on loopback, in this process: the gateway and stand-in services that say what a test tells them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

Handler = Callable[["Seen", Send], Awaitable[None]]


@asynccontextmanager
async def serving(app: ASGIApp, *, protocol: type[HttpToolsProtocol] = HttpToolsProtocol) -> AsyncGenerator[str]:
    """The base URL at which the application answers: uvicorn's protocol without its main loop, which takes its time."""
    config = uvicorn.Config(app, http=protocol, ws="none", log_config=None, access_log=False, proxy_headers=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in [*state.tasks]:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        for connection in [*state.connections]:
            connection.transport.abort()
        await server.wait_closed()


def dead_url() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@dataclass
class Seen:
    """A request as a stand-in service saw it."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    receive: Receive

    async def reader_left(self) -> None:
        """Until whoever asked has hung up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class StandIn:
    """A service that answers with what `replies` holds for (method, path), else 200 `{"service": name}`."""

    name: str
    replies: dict[tuple[str, str], tuple[int, Any] | Handler] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    arrivals: asyncio.Queue[Seen] = field(default_factory=asyncio.Queue)
    hasty: ASGIApp | None = None  # answers instead, whether or not it has heard the body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.hasty is not None:
            await self.hasty(scope, receive, send)
            return
        seen = await _read(scope, receive)
        self.seen.append(seen)
        self.arrivals.put_nowait(seen)
        reply = self.replies.get((seen.method, seen.path), (200, {"service": self.name}))
        if callable(reply):
            await reply(seen, send)
        else:
            await say(send, *reply)


async def say(send: Send, status: int, body: Any) -> None:
    content = orjson.dumps(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _read(scope: Scope, receive: Receive) -> Seen:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
    return Seen(scope["method"], scope["path"], scope["query_string"].decode(), headers, body, receive)


async def raw(url: str, request: bytes) -> bytes:
    """What the server answers to these very bytes until it closes the connection, or is silent after its answer."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        answer = b""
        with contextlib.suppress(TimeoutError):
            while chunk := await asyncio.wait_for(reader.read(65536), 5):
                answer += chunk
                if _whole(answer):
                    break
        return answer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found and lengths and len(body) >= int(lengths[0]))

"""A service is replaced by another process on the same port, and nobody who calls it notices.

Both listen for a while: the kernel gives each new connection to one of them. The successor listens when it can do its
work, not before; then its predecessor is told to stop, which finishes what it has begun.
"""

import asyncio
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Factory = Callable[[], ASGIApp]
_STARTUP_FAILURE = 3
_POLL_SECONDS = 0.1


def run(make: Factory, /, *, shared: bool, announce: Path | None, host: str, port: int, **options: Any) -> None:
    """Serve until told to stop.

    `shared`: a successor may listen on the same port before this one stops. `announce`: this is a successor; the file
    is made when it listens.
    """
    if not shared and announce is None:
        uvicorn.run(make, host=host, port=port, **options)
        return
    made = make if announce is None else partial(_ready_first, make)
    server = _Server(uvicorn.Config(made, host=host, port=port, **options), announce=announce)
    server.run(sockets=[_shared_socket(host, port)])
    if not server.started:
        sys.exit(_STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, *, announce: Path | None) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._announce is not None:
            self._announce.touch()


def _shared_socket(host: str, port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    return bound


def _ready_first(make: Factory) -> ASGIApp:
    """The same application, whose start is over only when it is ready: the server listens after that."""
    app = make()

    async def holding(scope: Scope, receive: Receive, send: Send) -> None:
        async def hold(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await _until_ready(app)
            await send(message)

        await app(scope, receive, hold if scope["type"] == "lifespan" else send)

    return holding


async def _until_ready(app: ASGIApp) -> None:
    """Asked as anybody asks, but without a network. Whoever started this process has the patience."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - no event says that it is ready
            await asyncio.sleep(_POLL_SECONDS)

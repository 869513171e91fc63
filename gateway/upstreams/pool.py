"""One service as the gateway sees it: its connections, how many exchanges it may have at once, how long it may take.

The bound is per service, so that one that hangs can fill its own share and nobody else's.
"""

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from gateway.upstreams.connection import Broken, Connection, Headers
from gateway.upstreams.errors import ReplyBroken, ServiceBusy, ServiceTimedOut
from shared.errors import Unavailable

Body = bytes | AsyncIterator[bytes]
AddressesOf = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds. `idle`: shorter than the services' own, so that they do not hang up first."""

    connect: float = 2.0
    read: float = 10.0
    idle: float = 4.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to a service. `repeatable`: safe to send again when the connection broke unanswered."""

    method: str
    target: bytes
    headers: Headers
    body: Body = b""
    repeatable: bool = False
    read_seconds: float | None = None  # None: the upstream's own; float("inf"): a stream that may rest
    rests: bool = False  # a stream or a long poll: it waits far more than it works


async def known_addresses(host: str, port: int) -> list[str]:
    """Where the processes of a service are, as the name service says now."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Reply:
    """The head of a reply that has come, its body that is coming. Leave the context to give the connection back."""

    def __init__(self, connection: Connection, upstream: "Upstream", read_seconds: float, *, rested: bool) -> None:
        self.status = connection.status
        self.headers = connection.headers
        self._connection = connection
        self._upstream = upstream
        self._rested = rested
        self._seconds = None if read_seconds == float("inf") else read_seconds

    @property
    def whole(self) -> bool:
        """Whether all of the body has come: the next chunk is the last."""
        return self._connection.complete

    async def next_chunk(self) -> bytes:
        """More of the body; empty at its end."""
        try:
            if self._connection.complete:  # nothing to wait for, and most replies are
                return await self._connection.next_chunk()
            async with asyncio.timeout(self._seconds):
                return await self._connection.next_chunk()
        except TimeoutError:
            raise ServiceTimedOut(service=self._upstream.name) from None
        except Broken:
            raise ReplyBroken(service=self._upstream.name, retry_after=1) from None

    async def read(self) -> bytes:
        """All of the body. For replies of our own services, which are small."""
        chunks = []
        while chunk := await self.next_chunk():
            chunks.append(chunk)
        return b"".join(chunks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._upstream.release(self._connection, rested=self._rested)


class Upstream:
    """The pool of connections to one service."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        capacity: int = 200,
        patience: Patience | None = None,
        addresses_of: AddressesOf | None = None,
    ) -> None:
        parts = urlsplit(url)
        self.name = name
        self.capacity = capacity
        self.patience = patience or Patience()
        self.in_flight = 0
        self._host = parts.hostname or ""
        self._ssl = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._ssl else 80)
        self._prefix = parts.path.rstrip("/").encode()
        self._host_header = b"host: %b\r\n" % parts.netloc.rpartition("@")[2].encode()
        self._addresses_of = addresses_of or known_addresses
        self._idle: list[Connection] = []

    async def send(self, request: Request) -> Reply:
        """Send, and wait for the head of the reply. Raises `Unavailable` or `TimedOut`, naming the service."""
        if request.rests:  # Bounded at the door: were they counted here, a few idle readers would keep out all work.
            return await self._send(request)
        if self.in_flight >= self.capacity:
            raise ServiceBusy(service=self.name, retry_after=1)
        self.in_flight += 1
        try:
            return await self._send(request)
        except BaseException:
            self.in_flight -= 1
            raise

    def release(self, connection: Connection, *, rested: bool = False) -> None:
        """Take a connection back after its exchange."""
        if not rested:
            self.in_flight -= 1
        if connection.reusable:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.abort()

    def close(self) -> None:
        """Close what is idle; what is under way ends with its exchange."""
        while self._idle:
            self._idle.pop().abort()

    async def _send(self, request: Request) -> Reply:
        head = self._head(request)
        seconds = self.patience.read if request.read_seconds is None else request.read_seconds
        while True:
            connection = self._find_idle() or await self._connect()
            try:
                async with asyncio.timeout(None if seconds == float("inf") else seconds):
                    await connection.exchange(head, request.body)
                return Reply(connection, self, seconds, rested=request.rests)
            except TimeoutError:
                connection.abort()
                raise ServiceTimedOut(service=self.name) from None
            except Broken as broken:
                connection.abort()
                # A service may hang up an idle connection at the moment we use it; then it has done nothing yet.
                if broken.answered or connection.used == 1 or not request.repeatable:
                    raise ReplyBroken(service=self.name, retry_after=1) from None
            except BaseException:
                connection.abort()
                raise

    def _find_idle(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - self.patience.idle
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and connection.idle_since >= oldest:
                return connection
            connection.abort()
        return None

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self.patience.connect):
                addresses = await self._addresses_of(self._host, self._port)
                # Each of several processes gets its share, and where one does not answer, another may.
                random.shuffle(addresses)
                for address in addresses[:-1]:
                    with suppress(OSError):
                        return await self._connect_to(address, seconds=self.patience.connect / len(addresses))
                return await self._connect_to(addresses[-1], seconds=self.patience.connect)
        except OSError:  # TimeoutError is one of them
            raise Unavailable(service=self.name, retry_after=1) from None

    async def _connect_to(self, address: str, *, seconds: float) -> Connection:
        loop = asyncio.get_running_loop()
        name = self._host if self._ssl else None
        async with asyncio.timeout(seconds):
            _, connection = await loop.create_connection(
                Connection, address, self._port, ssl=self._ssl, server_hostname=name
            )
        return connection

    def _head(self, request: Request) -> bytes:
        lines = [b"%b %b%b HTTP/1.1\r\n" % (request.method.encode(), self._prefix, request.target), self._host_header]
        lines.extend([b"%b: %b\r\n" % header for header in request.headers])
        if not isinstance(request.body, bytes):
            lines.append(b"transfer-encoding: chunked\r\n")
        elif request.body or request.method not in ("GET", "DELETE"):
            lines.append(b"content-length: %d\r\n" % len(request.body))
        lines.append(b"\r\n")
        return b"".join(lines)

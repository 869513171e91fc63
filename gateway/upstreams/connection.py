"""One HTTP/1.1 connection to a service: one exchange at a time, parsed by llhttp, with back-pressure both ways.

Why not httpx2 here: proxied through it a request costs 1.3 ms of processor time, most of it in generality that a
door to four known neighbours does not need (docs/decisions). Everything off this hot path uses httpx2.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import cast

from httptools import HttpParserError, HttpResponseParser

Headers = list[tuple[bytes, bytes]]

PAUSE_READING_ABOVE = 256 * 1024


class Broken(Exception):
    """The connection cannot be used any further. `answered` tells whether any of the reply had come."""

    def __init__(self, *, answered: bool) -> None:
        super().__init__("connection broken")
        self.answered = answered


class Connection(asyncio.Protocol):
    """Callbacks of the transport and of the parser on one side, `exchange` and `chunks` on the other."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.complete = True
        self.closed = False
        self.used = 0
        self.idle_since = 0.0
        self._begun = False
        self._cut_short = False
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._waiter: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()

    # What the pool and the proxy call.

    async def exchange(self, head: bytes, body: bytes | AsyncIterator[bytes]) -> None:
        """Send a request and wait until the head of its reply is here. Raises `Broken`.

        Of a body in parts no more is sent once the reply has begun: the rest is not waited for.
        """
        self.status, self.headers, self.complete, self._begun = 0, [], False, False
        self.used += 1
        if isinstance(body, bytes):
            self._write(head + body)
        else:
            self._write(head)
            await self._write_body(body)
        while not self._begun:
            await self._progress()

    async def next_chunk(self) -> bytes:
        """What has come of the reply's body since last asked; empty at its end. Raises `Broken`."""
        while not self._chunks:
            if self.complete:
                return b""
            await self._progress()
        chunk = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        if self._transport is not None:
            self._transport.resume_reading()
        return chunk

    @property
    def reusable(self) -> bool:
        """Whether another exchange may follow on this connection."""
        return self.complete and not self.closed and not self._chunks and not self._cut_short

    def abort(self) -> None:
        """Give the connection up at once, whatever is under way."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._writable.set()

    def connection_lost(self, _: Exception | None) -> None:
        self.closed = True
        self._transport = None
        self._writable.set()
        self._wake()

    def eof_received(self) -> bool:
        self.closed = True
        return False

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self.complete:  # Nobody asked: the connection is out of step and must not be used again.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self.abort()
        self._wake()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._begun = True

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._buffered += len(body)
        if self._buffered > PAUSE_READING_ABOVE and self._transport is not None:
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        self.complete = True
        if not self._parser.should_keep_alive():
            self.closed = True

    # Within.

    def _write(self, data: bytes) -> None:
        if self.closed or self._transport is None:
            raise Broken(answered=False)
        self._transport.write(data)

    async def _write_body(self, body: AsyncIterator[bytes]) -> None:
        async for chunk in body:
            if self._begun:
                self._cut_short = True
                return
            await self._write_chunk(chunk)
        self._write(b"0\r\n\r\n")

    async def _write_chunk(self, chunk: bytes) -> None:
        if chunk:
            self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await self._writable.wait()

    async def _progress(self) -> None:
        if self.closed:
            raise Broken(answered=self._begun)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

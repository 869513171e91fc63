"""HTTP/1.1 as uvicorn reads it, with what it lacks: how long a request's head may take and how large it may be, how
long a client may take to read, and refusals that look like all of ours. Given to uvicorn as `http=BoundedProtocol`.

Without it, one byte every ten seconds holds a connection for ever, and a head without end fills the memory.
"""

import asyncio
from typing import ClassVar

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.errors import Malformed, ServiceError
from shared.web.problems import HeadersTooLarge, RequestTooSlow

REASONS = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


class BoundedProtocol(HttpToolsProtocol):
    """One connection of a client."""

    head_seconds: ClassVar[float] = 10.0
    head_bytes: ClassVar[int] = 32 * 1024
    reader_seconds: ClassVar[float] = 30.0

    _head_timer: asyncio.TimerHandle | None = None
    _reader_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A new client: its first request's head has a deadline at once."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More bytes; those of a head are counted, and any byte after a reply begins the wait for the next head."""
        super().data_received(data)
        if not self._in_head and self.cycle.response_complete:
            self._await_head()
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.head_bytes:
                self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is whole; from here the door's own deadlines hold."""
        self._in_head = False
        self._stop_timers()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client reads slower than we send."""
        super().pause_writing()
        self._reader_timer = self.loop.call_later(self.reader_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has caught up."""
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP gets a problem document, and the connection ends."""
        del msg  # uvicorn's own words
        self._refuse(Malformed())

    def _await_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._refuse, RequestTooSlow())

    def _stop_timers(self) -> None:
        for timer in (self._head_timer, self._reader_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._reader_timer = None

    def _refuse(self, refusal: ServiceError) -> None:
        self._stop_timers()
        if self.transport.is_closing():
            return
        body = orjson.dumps(
            {
                "type": f"urn:onevisit:problem:{refusal.code}",
                "title": refusal.title_en,
                "status": refusal.status,
                "code": refusal.code,
            }
        )
        head = b"HTTP/1.1 %d %b\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
        end = b"cache-control: no-store\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (refusal.status, REASONS[refusal.status], len(body)) + end + body)
        self.transport.close()

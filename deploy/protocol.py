"""HTTP/1.1 as uvicorn reads it, with the two bounds it lacks: how long a request's head may take, and how large it is.

Without them, one byte every ten seconds holds a connection for ever, and a head without end fills the memory.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
HEAD_BYTES = 32 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when the head of a request is too slow (408) or too large (431)."""

    head_seconds = HEAD_SECONDS
    head_bytes = HEAD_BYTES

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn itself
        """A new connection owes us a head from now on."""
        super().connection_made(transport)
        self._received = 0
        self._deadline: TimerHandle | None = None
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """More of a head or of a body."""
        # Blank lines between requests end uvicorn's own keep-alive timer without beginning a request.
        # uvicorn declares the cycle as never None, and begins with None.
        idle = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]
        if idle and self._deadline is None:
            self._expect_head()
        super().data_received(data)
        if self._deadline is not None:
            self._received += len(data)
            if self._received > self.head_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is whole; how the body comes is judged by whoever reads it."""
        self._forget_deadline()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is owed any more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._received = 0
        self._deadline = self.loop.call_later(self.head_seconds, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._forget_deadline()
        if not self.transport.is_closing():
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head.encode("ascii"))
            self.transport.close()

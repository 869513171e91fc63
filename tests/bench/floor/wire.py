"""HTTP/1.1 with as little as there can be: keep-alive connections to one port, each for one exchange at a time."""

import asyncio
from collections import deque

LOOPBACK = "127.0.0.1"
_HEAD = b"%b %b HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%b\r\n%b"


class Wire:
    """A client that costs next to nothing beside what it calls."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def post(self, path: bytes, body: bytes) -> bytes:
        """The body of the answer. Refuses (RuntimeError) any other than 2xx."""
        return await self.ask(b"POST", path, body)

    async def ask(self, method: bytes, path: bytes, body: bytes = b"", headers: bytes = b"") -> bytes:
        """The same by any method, with lines of further headers."""
        reader, writer = await self._connection()
        writer.write(_HEAD % (method, path, len(body), headers, body))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        self._idle.append((reader, writer))
        if not head.startswith(b"HTTP/1.1 2"):
            status, _, _ = head.partition(b"\r\n")
            raise RuntimeError(f"{status.decode()}: {answer[:300].decode()}")
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()  # the server let it go while the other side was measured
        return await asyncio.open_connection(LOOPBACK, self._port)

    def close(self) -> None:
        """Let go of every connection."""
        while self._idle:
            self._idle.pop()[1].close()

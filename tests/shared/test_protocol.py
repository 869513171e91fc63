"""Slow and endless heads, slow readers (J14, J23, J25): the connection is closed, and nobody else waits."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from queue import SimpleQueue

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from deploy.embedded import ports
from shared.web.protocol import BoundedProtocol

LARGE = 30_000_000
FINISHED: SimpleQueue[str] = SimpleQueue()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Impatient(BoundedProtocol):
    head_seconds = 0.2
    head_bytes = 2048
    reader_seconds = 0.2


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(LARGE // 1_000_000):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
        FINISHED.put_nowait(scope["path"])
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
async def connection() -> AsyncGenerator[Streams]:
    config = uvicorn.Config(_hello, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Impatient(config=config, server_state=state, app_state={}), ports.LOOPBACK, 0
    )
    streams = await asyncio.open_connection(*server.sockets[0].getsockname())
    yield streams
    streams[1].close()
    server.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    return (await reader.readline()).strip()


async def test_a_whole_head_is_answered(connection: Streams) -> None:
    reader, writer = connection
    writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert await _answer(reader) == b"HTTP/1.1 200 OK"


async def test_a_head_that_never_ends_its_lines_is_timed_out(connection: Streams) -> None:
    reader, writer = connection
    writer.write(b"GET / HTTP/1.1\r\nhost:")
    assert await _answer(reader) == b"HTTP/1.1 408 Request Timeout"
    rest = await reader.read()
    assert b"content-type: application/problem+json" in rest
    assert b'"code":"request-too-slow"' in rest
    assert b"connection: close" in rest


async def test_a_connection_that_says_nothing_is_timed_out(connection: Streams) -> None:
    assert await _answer(connection[0]) == b"HTTP/1.1 408 Request Timeout"


async def test_blank_lines_do_not_keep_an_idle_connection_for_ever(connection: Streams) -> None:
    reader, writer = connection
    writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    writer.write(b"\r\n")
    assert await _answer(reader) == b"HTTP/1.1 408 Request Timeout"


async def test_a_head_without_end_is_cut(connection: Streams) -> None:
    reader, writer = connection
    writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n")
    writer.write(b"x-filler: more of it\r\n" * 100)
    assert await _answer(reader) == b"HTTP/1.1 431 Request Header Fields Too Large"


async def test_a_large_body_behind_a_small_head_is_no_large_head(connection: Streams) -> None:
    reader, writer = connection
    writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9000\r\n\r\n" + b"x" * 9000)
    assert await _answer(reader) == b"HTTP/1.1 200 OK"


async def test_a_client_that_does_not_read_is_cut(connection: Streams) -> None:
    reader, writer = connection
    writer.write(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
    await reader.readline()  # and then no more, until the server has given up
    async with asyncio.timeout(10):
        while FINISHED.empty():  # noqa: ASYNC110 - the server's task tells it, not ours
            await asyncio.sleep(0.05)
    received = 0
    with suppress(ConnectionError):
        while chunk := await reader.read(1_000_000):
            received += len(chunk)
    assert received < LARGE

"""Request bodies: never more than the route allows, never slower than it allows (uvicorn itself has no time-out)."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Receive

from shared.errors import Malformed
from shared.web.problems import BodyTooLarge, RequestTooSlow

LINGER_SECONDS = 2.0
LINGER_BYTES = 4 * 1024 * 1024


class ClientGone(Exception):
    """The client hung up; nobody is left to answer."""


def check_declared(length: bytes | None, *, max_bytes: int) -> None:
    """Refuse a body that is declared too large before reading any of it."""
    if length is not None and int(length) > max_bytes:
        raise BodyTooLarge(max_bytes=max_bytes)


async def chunks(
    receive: Receive, *, max_bytes: int, seconds: float, pause_seconds: float | None = None
) -> AsyncGenerator[bytes]:
    """The body as it comes. Refuses at the first byte beyond `max_bytes`, or when it takes longer than `seconds`.

    Also when the next part of it takes longer than `pause_seconds`, where that is given.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    size, more = 0, True
    while more:
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + (pause_seconds or seconds))):
                message = await receive()
        except TimeoutError:
            raise RequestTooSlow from None
        if message["type"] != "http.request":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLarge(max_bytes=max_bytes)
        yield chunk


async def read(receive: Receive, *, max_bytes: int, seconds: float) -> bytes:
    """The whole body, with the same bounds."""
    return b"".join([chunk async for chunk in chunks(receive, max_bytes=max_bytes, seconds=seconds)])


async def linger(receive: Receive) -> None:
    """Read on for a moment and forget it: closing on unread bytes would reset the connection and lose our answer."""
    try:
        async for _ in chunks(receive, max_bytes=LINGER_BYTES, seconds=LINGER_SECONDS):
            pass
    except (ClientGone, RequestTooSlow, BodyTooLarge, Malformed):
        return

"""Pass a request on to the one service that answers it, and its reply back, as they come."""

import asyncio
from collections.abc import Coroutine, Mapping

from starlette.types import Receive

from gateway.edge.bodies import linger
from gateway.edge.model import Exchange
from gateway.edge.rules import reply_headers
from gateway.routing.model import MIB
from gateway.upstreams.pool import Body, Reply, Request, Upstream
from shared.cancellation import end

WITHOUT_END = float("inf")
SECONDS_AFTER_UPLOAD = 10.0


class Forwarder:
    """Answers the routes that belong to one service."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self.upstreams = upstreams

    def upstream_of(self, exchange: Exchange) -> Upstream:
        """The service that answers."""
        return self.upstreams[exchange.route.services[0]]

    async def __call__(self, exchange: Exchange) -> None:
        upstream = self.upstream_of(exchange)
        if exchange.route.streams:
            await until_gone(exchange.receive, _stream(upstream, exchange))
            return
        request = await request_for(exchange)
        async with await upstream.send(request) as reply:
            await relay(reply, exchange)


async def request_for(exchange: Exchange, *, body: bytes | None = None) -> Request:
    """The request as a service gets it. A body in memory unless the route takes large ones, which stream."""
    content: Body = body or b""
    if body is None and exchange.route.has_body:
        content = exchange.body_stream() if exchange.route.max_bytes > MIB else await exchange.body()
    method = exchange.route.method
    repeatable = method == "GET" or b"idempotency-key" in exchange.head.known
    return Request(
        method=method,
        target=exchange.target,
        headers=exchange.passed_on(),
        body=content,
        repeatable=repeatable and isinstance(content, bytes),
        read_seconds=_patience(exchange, content),
        rests=exchange.route.streams,
    )


def _patience(exchange: Exchange, body: Body) -> float | None:
    if exchange.route.streams:
        return WITHOUT_END
    # While a body streams through, the service waits for the client as we do.
    return None if isinstance(body, bytes) else exchange.body_seconds + SECONDS_AFTER_UPLOAD


async def relay(reply: Reply, exchange: Exchange) -> None:
    """Send a reply on, part by part; a small one, which has come whole, in one.

    A service may answer before it has heard all of a streamed body: then the connection ends with its answer.
    """
    unread = exchange.unread
    closing = [(b"connection", b"close")] if unread else []
    await exchange.begin(reply.status, [*reply_headers(reply.headers), *closing])
    while True:
        chunk = await reply.next_chunk()
        more = bool(chunk) and not reply.whole
        await exchange.write(chunk, more=more or unread)
        if not more:
            break
    if unread:
        await linger(exchange.receive)
        await exchange.write(b"")


async def until_gone(receive: Receive, work: Coroutine[None, None, None]) -> None:
    """Do the work, but no longer than somebody is there to read it."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        await end((working, watching))


async def _stream(upstream: Upstream, exchange: Exchange) -> None:
    async with await upstream.send(await request_for(exchange)) as reply:
        await relay(reply, exchange)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

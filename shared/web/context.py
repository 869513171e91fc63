"""ASGI middleware that gives each request its correlation id and trace context, and counts it."""

import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing
from shared.ids import new_id
from shared.telemetry import REQUESTS, SECONDS, correlation_id, traceparent

_ACCEPTABLE = re.compile(r"^[A-Za-z0-9-]{8,64}$")
# An identity number (GB 11643), or digits alone, as of a telephone: it would stand in every line of every log.
_SOMEBODYS = re.compile(r"[0-9]{17}[0-9Xx]|^[0-9]+$")
_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class RequestContext:
    """A correlation id from outside is kept if it is harmless; it comes back in `X-Correlation-Id`."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-correlation-id", b"").decode("latin-1")
        current = given if _is_harmless(given) else str(new_id())
        trace = headers.get(b"traceparent", b"").decode("latin-1")
        correlation_id.set(current)
        traceparent.set(trace if _TRACEPARENT.match(trace) else None)
        status, started = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-correlation-id", current.encode())]
            await send(message)

        with tracing.span(scope["method"], "server") as span:
            if traceparent.get() is None:
                traceparent.set(_new_trace())
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                # The template, never the path: paths hold ids, and a label per id would fill the memory.
                route = getattr(scope.get("route"), "path", "unmatched")
                REQUESTS.labels(self.service, route, scope["method"], str(status)).inc()
                SECONDS.labels(self.service, route).observe(time.perf_counter() - started)
                if span is not None:
                    span.answered(status, route=route, method=scope["method"])


def _is_harmless(given: str) -> bool:
    return _ACCEPTABLE.match(given) is not None and _SOMEBODYS.search(given) is None


def _new_trace() -> str:
    trace = new_id().hex
    return f"00-{trace}-{trace[16:]}-01"

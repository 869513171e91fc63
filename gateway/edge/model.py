"""One request from outside that was let in, and its answer."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import Receive, Send

from gateway.edge import bodies
from gateway.edge.rules import Head, Header
from gateway.routing.model import Route
from shared.auth import Caller
from shared.telemetry import outgoing_headers
from shared.web.problems import UnsupportedMediaType

SECURITY_HEADERS: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
]
NO_STORE: Header = (b"cache-control", b"no-store")
NOTHING_RUNS: Header = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


@dataclass(slots=True)
class Exchange:
    """Handed to whatever answers the route. The body is read at most once; the answer begins at most once."""

    route: Route
    target: bytes
    query: bytes
    head: Head
    receive: Receive
    send: Send
    body_seconds: float
    caller: Caller | None = None
    limits: list[Header] = field(default_factory=list)
    body_done: bool = False
    begun: bool = False

    def passed_on(self) -> list[Header]:
        """Headers for a service: what may pass, and what ties the requests of one act together."""
        ours = [(name.encode(), value.encode()) for name, value in outgoing_headers().items()]
        return [*self.head.passed_on, *ours]

    @property
    def unread(self) -> bool:
        """Whether some of the body is still to come, which nobody waits for any more."""
        return self.route.has_body and self.head.has_body and not self.body_done

    def body_stream(self) -> AsyncGenerator[bytes]:
        """The body as it comes, within the route's bounds."""
        self._check_body()
        return self._body_stream()

    async def body(self) -> bytes:
        """The whole body, within the route's bounds."""
        self._check_body()
        body = await bodies.read(self.receive, max_bytes=self.route.max_bytes, seconds=self.body_seconds)
        self.body_done = True
        return body

    async def _body_stream(self) -> AsyncGenerator[bytes]:
        route = self.route
        async for chunk in bodies.chunks(
            self.receive, max_bytes=route.max_bytes, seconds=self.body_seconds, pause_seconds=route.pause_seconds
        ):
            yield chunk
        self.body_done = True

    async def begin(self, status: int, headers: list[Header]) -> None:
        """Send the head of the answer, with what every answer of ours carries."""
        self.begun = True
        names = {name for name, _ in headers}
        ours = [header for header in (NO_STORE, NOTHING_RUNS) if header[0] not in names]
        everything = [*headers, *ours, *SECURITY_HEADERS, *self.limits]
        await self.send({"type": "http.response.start", "status": status, "headers": everything})

    async def write(self, chunk: bytes, *, more: bool = False) -> None:
        """Send a part of the answer's body."""
        await self.send({"type": "http.response.body", "body": chunk, "more_body": more})

    async def answer(
        self, status: int, body: bytes, *, media: str = "application/json", headers: list[Header] | None = None
    ) -> None:
        """Send a whole answer."""
        own = [(b"content-type", media.encode()), (b"content-length", str(len(body)).encode())]
        await self.begin(status, [*own, *(headers or [])])
        await self.write(body)

    def _check_body(self) -> None:
        known = self.head.known
        bodies.check_declared(known.get(b"content-length"), max_bytes=self.route.max_bytes)
        if not self.head.has_body:
            return
        kind = known.get(b"content-type", b"").split(b";", 1)[0].strip().lower().decode("latin-1")
        if kind not in self.route.media:
            raise UnsupportedMediaType(f"Send the body as {self.route.media[0]}.")
        if b"content-encoding" in known:
            raise UnsupportedMediaType("Send the body without compression.")


Answerer = Callable[[Exchange], Awaitable[None]]

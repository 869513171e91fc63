"""`/healthz`, `/readyz`, `/metrics`. A dead service makes the door degraded, not unready: the rest still answers.

Metrics tell how much is asked for and how it goes: on the public port they are shown in a demonstration only, elsewhere
at an address for the inside.
"""

import asyncio
from collections.abc import Callable, Mapping

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest, start_http_server

from gateway.edge.model import Exchange
from gateway.upstreams.pool import Request, Upstream
from shared.errors import CannotStart, ServiceError

PROBE_SECONDS = 2.0
KEPT_SECONDS = 1.0


async def alive(exchange: Exchange) -> None:
    """The process runs."""
    await exchange.answer(200, b'{"status":"alive"}')


async def metrics(exchange: Exchange) -> None:
    """Prometheus text format."""
    await exchange.answer(200, generate_latest(), media=CONTENT_TYPE_LATEST)


def shown_at(address: str) -> Callable[[], None]:
    """Metrics are at this address (`host:port`) until what is answered is called. Refuses (CannotStart) one that is
    taken or not this machine's.
    """
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), addr=host)
    except (OSError, OverflowError):
        raise CannotStart(f"metrics cannot be shown at {address}: set ONEVISIT_METRICS_ADDRESS to a free one") from None

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close


class Readiness:
    """The door is ready when it runs; which services behind it are not is named.

    Anybody may ask, uncounted: the services are asked once a second, however many ask here.
    """

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._upstreams = upstreams
        self._asking = asyncio.Lock()
        self._known = b""
        self._fresh_until = float("-inf")

    async def __call__(self, exchange: Exchange) -> None:
        async with self._asking:
            if asyncio.get_running_loop().time() >= self._fresh_until:
                self._known = await self._ask()
                self._fresh_until = asyncio.get_running_loop().time() + KEPT_SECONDS
        await exchange.answer(200, self._known)

    async def _ask(self) -> bytes:
        states = await asyncio.gather(*(_state(upstream) for upstream in self._upstreams.values()))
        services = dict(zip(self._upstreams, states, strict=True))
        degraded = sorted(name for name, state in services.items() if state != "ready")
        return orjson.dumps({"ready": True, "degraded": degraded, "services": services})


async def _state(upstream: Upstream) -> str:
    try:
        request = Request(method="GET", target=b"/readyz", headers=[], repeatable=True, read_seconds=PROBE_SECONDS)
        async with await upstream.send(request) as reply:
            await reply.read()
            return "ready" if reply.status == 200 else "not-ready"
    except ServiceError:
        return "unreachable"

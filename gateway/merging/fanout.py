"""The same request to several services at once; each answers or does not."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.edge.model import Exchange
from gateway.edge.rules import Header, reply_headers
from gateway.upstreams.pool import Request, Upstream
from shared.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole reply of one service."""

    service: str
    status: int
    headers: list[Header]
    body: bytes

    def parsed(self) -> Any:
        """The body as JSON; ours say nothing else."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Silent:
    """A service that did not answer, or failed."""

    service: str


Outcome = Answered | Silent


async def ask(upstream: Upstream, request: Request) -> Outcome:
    """One service's answer, or its silence. A failure (5xx) is no answer."""
    try:
        async with await upstream.send(request) as reply:
            body = await reply.read()
    except ServiceError:
        return Silent(upstream.name)
    return Silent(upstream.name) if reply.status >= 500 else Answered(upstream.name, reply.status, reply.headers, body)


async def ask_all(upstreams: Mapping[str, Upstream], services: Iterable[str], request: Request) -> list[Outcome]:
    """All their answers, in the order of `services`."""
    return await asyncio.gather(*(ask(upstreams[name], request) for name in services))


async def pass_on(answered: Answered, exchange: Exchange) -> None:
    """Give a service's reply to the client as it is."""
    await exchange.begin(answered.status, reply_headers(answered.headers))
    await exchange.write(answered.body)

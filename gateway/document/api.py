"""`/openapi.json` and `/docs`. A service that does not answer stands in it as it was when it last did."""

import time
from collections.abc import Callable, Mapping

import orjson

from gateway.document.page import page_of
from gateway.document.rules import Document, merge_documents
from gateway.edge.model import Exchange
from gateway.merging.fanout import Answered, ask_all
from gateway.routing.model import ROUTES
from gateway.upstreams.pool import Request, Upstream

KEPT_SECONDS = 60.0
KEPT_SECONDS_IF_INCOMPLETE = 2.0
CACHEABLE = (b"cache-control", b"public, max-age=60")
PAGE_POLICY = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")


class OpenApi:
    """Asks the services at most once a minute."""

    def __init__(
        self, upstreams: Mapping[str, Upstream], *, server: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._upstreams = upstreams
        self._server = server
        self._clock = clock
        self._known: dict[str, Document] = {}
        self._merged: Document = {}
        self._fresh_until = float("-inf")

    async def document(self, exchange: Exchange) -> None:
        """For machines."""
        await exchange.answer(200, orjson.dumps(await self.current()), headers=[CACHEABLE])

    async def page(self, exchange: Exchange) -> None:
        """For people."""
        page = page_of(await self.current()).encode()
        await exchange.answer(200, page, media="text/html; charset=utf-8", headers=[CACHEABLE, PAGE_POLICY])

    async def current(self) -> Document:
        """The merged document of the last minute."""
        if self._clock() >= self._fresh_until:
            request = Request(method="GET", target=b"/openapi.json", headers=[], repeatable=True)
            outcomes = await ask_all(self._upstreams, self._upstreams, request)
            heard = {one.service: one.parsed() for one in outcomes if isinstance(one, Answered) and one.status == 200}
            self._known.update({name: document for name, document in heard.items() if "paths" in document})
            self._merged = merge_documents(self._known, ROUTES, server=self._server)
            complete = len(heard) == len(self._upstreams)
            self._fresh_until = self._clock() + (KEPT_SECONDS if complete else KEPT_SECONDS_IF_INCOMPLETE)
        return self._merged

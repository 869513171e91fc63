"""The gateway's composition root: settings in, a raw ASGI application out.

Every request of the platform pays for what is here, so there is no framework.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.document.api import OpenApi
from gateway.document.event_types import asyncapi, event_schema, event_types
from gateway.edge.api import Door
from gateway.edge.model import Answerer
from gateway.limits.api import Limiter
from gateway.merging.events import EventsMerger, HeadsMerger
from gateway.merging.evidence import EvidenceMerger
from gateway.one_identification.api import OneIdentification
from gateway.operations.api import Readiness, alive, metrics, shown_at
from gateway.routing.by_type import ByType
from gateway.routing.model import ROUTES, Answer, Route
from gateway.routing.proxy import Forwarder
from gateway.routing.rules import RoutingTable
from gateway.settings import GatewaySettings
from gateway.upstreams.pool import Patience, Upstream
from gateway.verifying.api import verification_page
from shared import logging, tracing
from shared.messaging.cursor import CursorKey
from shared.web.context import RequestContext
from shared.web.service import Service


class Gateway:
    """The ASGI application: connections to the services live as long as it does."""

    def __init__(self, service: Service, settings: GatewaySettings) -> None:
        self.service = service
        self.upstreams = _upstreams(settings)
        limiter = Limiter(service.verifier, allowances=settings.limits) if settings.limits_enforced else None
        door = Door(
            RoutingTable(reachable(settings)),
            answers=_answers(self.upstreams, settings),
            limiter=limiter,
            settings=settings,
        )
        self._http: ASGIApp = RequestContext(door, service=service.name)
        self._hide_metrics = shown_at(settings.metrics_address) if settings.metrics_address else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await asyncio.to_thread(tracing.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def close(self) -> None:
        """Let go of the connections to the services, and of the address of the metrics."""
        if self._hide_metrics is not None:
            await asyncio.to_thread(self._hide_metrics)
            self._hide_metrics = None
        for upstream in self.upstreams.values():
            upstream.close()
        await self.service.close()


def create_app(settings: GatewaySettings | None = None, *, service: Service | None = None) -> Gateway:
    """The gateway. `service` is given by tests that bring their own keys and clock."""
    settings = settings or GatewaySettings()
    service = service or Service(name="gateway", settings=settings)
    logging.configure(service=service.name, level=settings.log_level)
    tracing.configure(service=service.name, settings=settings)
    return Gateway(service, settings)


def reachable(settings: GatewaySettings) -> list[Route]:
    """What can be reached from outside. Metrics are for who runs the platform: of a demonstration, everybody."""
    is_demonstration = settings.profile == "embedded"
    return [route for route in ROUTES if is_demonstration or route.answer is not Answer.METRICS]


def _upstreams(settings: GatewaySettings) -> dict[str, Upstream]:
    patience = Patience(connect=settings.connect_seconds, read=settings.read_seconds, idle=settings.keep_alive_seconds)
    addresses = {
        "identity": settings.identity_url,
        "licensing": settings.licensing_url,
        "certificates": settings.certificates_url,
        "records": settings.records_url,
    }
    capacity = settings.max_concurrent_per_service
    return {name: Upstream(name, url, capacity=capacity, patience=patience) for name, url in addresses.items()}


def _answers(upstreams: dict[str, Upstream], settings: GatewaySettings) -> dict[Answer, Answerer]:
    key = CursorKey.load(settings.cursor_key_file) if settings.cursor_key_file else None
    openapi = OpenApi(upstreams, server=settings.issuer)
    return {
        Answer.FORWARDED: Forwarder(upstreams),
        Answer.ONE_IDENTIFICATION: OneIdentification(upstreams),
        Answer.EVIDENCE: EvidenceMerger(upstreams),
        Answer.OF_TYPE: ByType(upstreams),
        Answer.EVENTS: EventsMerger(upstreams, key=key),
        Answer.EVENT_HEADS: HeadsMerger(upstreams, key=key),
        Answer.EVENT_TYPES: event_types,
        Answer.EVENT_SCHEMA: event_schema,
        Answer.ASYNCAPI: asyncapi,
        Answer.DOCUMENT: openapi.document,
        Answer.DOCS: openapi.page,
        Answer.VERIFICATION_PAGE: verification_page,
        Answer.ALIVE: alive,
        Answer.READY: Readiness(upstreams),
        Answer.METRICS: metrics,
    }

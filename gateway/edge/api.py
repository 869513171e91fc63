"""The door as an ASGI application: check the head, find the route, count it, bound it, hand it on, render refusals."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from ipaddress import ip_network
from urllib.parse import urlsplit

import structlog
from starlette.types import Receive, Scope, Send

from gateway.edge import rules
from gateway.edge.bodies import ClientGone, linger
from gateway.edge.model import NOTHING_RUNS, SECURITY_HEADERS, Answerer, Exchange
from gateway.limits.api import Limiter
from gateway.limits.model import Bulkhead, Shares
from gateway.routing.model import Answer, Route
from gateway.routing.rules import RoutingTable
from gateway.settings import GatewaySettings
from shared.errors import NotFound, ServiceError
from shared.web.problems import MethodNotAllowed, problem_response

log = structlog.get_logger(__name__)


class Door:
    """Everything from outside comes through here. `answers` says how each kind of route is answered."""

    def __init__(
        self,
        table: RoutingTable,
        *,
        answers: Mapping[Answer, Answerer],
        limiter: Limiter | None,
        settings: GatewaySettings,
    ) -> None:
        named = settings.allowed_hosts or {urlsplit(settings.issuer).netloc.lower()}
        self._table = table
        self._answers = answers
        self._limiter = limiter
        self._ours = frozenset(host.encode() for host in named)
        self._edges = [ip_network(network) for network in settings.edge_networks]
        self._local = settings.profile == "embedded"
        self._body_seconds = settings.body_seconds
        self._requests = Bulkhead(settings.max_concurrent)
        self._requests_of_one = Shares(settings.max_concurrent_per_caller)
        self._streams = Bulkhead(settings.max_streams)
        self._streams_of_one = Shares(settings.max_streams_per_caller)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange | None = None
        try:
            exchange = self._open(scope, receive, send)
            await self._answer(exchange, scope)
        except ClientGone:
            return
        except ServiceError as refusal:
            log.info("refused", code=refusal.code, status=refusal.status)
            if exchange is not None and exchange.begun:
                raise  # the server cuts the connection: nobody may take half an answer for a whole one
            await _refuse(refusal, scope, exchange, receive, send)
        except Exception:
            log.exception("failed")
            if exchange is not None and exchange.begun:
                raise
            await _refuse(ServiceError(), scope, exchange, receive, send)

    def _open(self, scope: Scope, receive: Receive, send: Send) -> Exchange:
        head = rules.check_head(scope["headers"])
        rules.check_host(head.known.get(b"host"), ours=self._ours, local=self._local)
        path: bytes = scope["raw_path"]
        query: bytes = scope["query_string"]
        rules.check_query(query)
        scope["route"] = route = self._route(scope["method"], path)
        return Exchange(
            route=route,
            target=path + b"?" + query if query else path,
            query=query,
            head=head,
            receive=receive,
            send=send,
            body_seconds=self._body_seconds or route.body_seconds,
        )

    def _route(self, method: str, path: bytes) -> Route:
        routes = self._table.find(path)
        if not routes:
            raise NotFound
        route = routes.get(method)
        if route is None:
            raise MethodNotAllowed(allowed=[*sorted(routes)])
        return route

    async def _answer(self, exchange: Exchange, scope: Scope) -> None:
        peer = (scope.get("client") or ("unknown", 0))[0]
        address = rules.address_of(peer, exchange.head.known.get(b"x-forwarded-for"), edges=self._edges)
        with self._streams if exchange.route.streams else self._requests:
            await self._admit(exchange, address=address)
            with self._share(exchange, address=address):
                await self._answers[exchange.route.answer](exchange)

    def _share(self, exchange: Exchange, *, address: str) -> AbstractContextManager[None]:
        if self._limiter is None:
            return nullcontext()
        if exchange.route.streams:
            return self._streams_of_one.taken_by(exchange.caller.sub if exchange.caller else address)
        # An address may be that of a proxy, with everybody behind it who has no token.
        return self._requests_of_one.taken_by(exchange.caller.sub) if exchange.caller else nullcontext()

    async def _admit(self, exchange: Exchange, *, address: str) -> None:
        budget = exchange.route.budget
        if budget is None or self._limiter is None:
            return
        authorization = exchange.head.known.get(b"authorization")
        admission = await self._limiter.admit(budget, authorization=authorization, address=address)
        exchange.caller = admission.caller
        exchange.limits = admission.headers()


async def _refuse(refusal: ServiceError, scope: Scope, exchange: Exchange | None, receive: Receive, send: Send) -> None:
    """Render a refusal; if the request's body was not read, say goodbye properly before the connection closes."""
    known = dict(scope["headers"])
    response = problem_response(refusal, language=known.get(b"accept-language", b"").decode("latin-1"))
    headers = [*response.raw_headers, NOTHING_RUNS, *SECURITY_HEADERS, *(exchange.limits if exchange else ())]
    if isinstance(allowed := refusal.members.get("allowed"), list):
        headers.append((b"allow", ", ".join(map(str, allowed)).encode()))
    has_body = known.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in known
    unread = has_body and not (exchange is not None and exchange.body_done)
    if unread:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response.body), "more_body": unread})
    if unread:
        await linger(receive)
        await send({"type": "http.response.body", "body": b""})

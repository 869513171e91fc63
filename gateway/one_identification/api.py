"""`POST /v1/one-identification`: identity states whom the caller may act for; licensing drafts with that statement."""

from collections.abc import Mapping

import orjson

from gateway.edge.model import Exchange
from gateway.edge.rules import Header
from gateway.merging.fanout import Answered, ask, pass_on
from gateway.one_identification.errors import RepresentationsNotYours
from gateway.routing.proxy import relay, request_for
from gateway.upstreams.pool import Request, Upstream
from shared.errors import Unavailable
from shared.web.bodies import check_json

STATEMENT = "representations"
NOT_FOR_READING = frozenset({b"content-type", b"idempotency-key"})


class OneIdentification:
    """Adds identity's signed statement to the body. Licensing checks it against the token: the door is not trusted."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._identity = upstreams["identity"]
        self._licensing = upstreams["licensing"]

    async def __call__(self, exchange: Exchange) -> None:
        body = await exchange.body()
        check_json(body)
        wish = orjson.loads(body)
        if isinstance(wish, dict):
            if STATEMENT in wish:
                raise RepresentationsNotYours(errors=[{"pointer": f"/body/{STATEMENT}", "reason": "not a field"}])
            answered = await self._representations(exchange.passed_on())
            if answered.status != 200:
                await pass_on(answered, exchange)
                return
            body = orjson.dumps({**wish, STATEMENT: answered.parsed()["statement"]})
        request = await request_for(exchange, body=body)
        async with await self._licensing.send(request) as reply:
            await relay(reply, exchange)

    async def _representations(self, headers: list[Header]) -> Answered:
        request = Request(
            method="GET",
            target=b"/v1/me/representations",
            headers=[header for header in headers if header[0] not in NOT_FOR_READING],
            repeatable=True,
        )
        answered = await ask(self._identity, request)
        if not isinstance(answered, Answered):
            raise Unavailable(service=self._identity.name, retry_after=1)
        return answered

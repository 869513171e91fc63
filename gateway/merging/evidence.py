"""`POST /v1/evidence/search`: certificates and records asked in parallel; a silent source is named by its kinds."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gateway.edge.model import Exchange
from gateway.merging.fanout import Answered, Silent, ask_all, pass_on
from gateway.routing.proxy import request_for
from gateway.upstreams.pool import Upstream
from shared.errors import Unavailable


class EvidenceMerger:
    """One answer of all sources. A refusal by any of them is the answer: no grant is good for only half a search."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._upstreams = upstreams

    async def __call__(self, exchange: Exchange) -> None:
        body = await exchange.body()
        sources = exchange.route.services
        outcomes = await ask_all(self._upstreams, sources, await request_for(exchange, body=body))
        answered = [outcome for outcome in outcomes if isinstance(outcome, Answered)]
        silent = [outcome.service for outcome in outcomes if isinstance(outcome, Silent)]
        refused = next((one for one in answered if one.status != 200), None)
        if refused is not None:
            await pass_on(refused, exchange)
            return
        if not answered:
            raise Unavailable(service=silent[0], services=[*silent], retry_after=1)
        found = merge_found([one.parsed() for one in answered], wanted=wanted_kinds(body) if silent else ())
        await exchange.answer(200, orjson.dumps(found))


def merge_found(found: Iterable[Mapping[str, Any]], *, wanted: Iterable[str]) -> dict[str, Any]:
    """All evidence; of the `wanted` kinds (named only if a source is silent) those are unavailable that nobody showed.

    Which source holds which kind is not the door's to know, so it errs on the side of "nobody knows".
    """
    parts = list(found)
    evidence = [one for part in parts for one in part["evidence"]]
    shown = {one["kind"] for one in evidence}
    unavailable = {kind for part in parts for kind in part["unavailable"]} | (set(wanted) - shown)
    return {"evidence": evidence, "unavailable": sorted(unavailable)}


def wanted_kinds(body: bytes) -> set[str]:
    """The kinds that a search asks for. Only for bodies that a source has accepted."""
    return {kind for want in orjson.loads(body)["wants"] for kind in want["kinds"]}

"""`GET /v1/events` and `/v1/events/heads`: the logs of all services as one feed, with one cursor.

A service that does not answer is named in `unavailable`; its place in the cursor stays, so nothing of it is missed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson

from gateway.edge.model import Exchange
from gateway.merging.errors import QueryNotValid
from gateway.merging.fanout import Answered, Outcome, Silent, ask, pass_on
from gateway.merging.rules import Stretch, filters_by_service, merge_stretches
from gateway.routing.proxy import until_gone
from gateway.upstreams.pool import Request, Upstream
from shared.cancellation import end
from shared.errors import Unavailable
from shared.messaging.cursor import CursorKey

MAX_FILTERS = 32
MAX_LIMIT = 500
MAX_WAIT_SECONDS = 25
GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader of the feed asks for."""

    topics: list[str]
    after: str | None = None
    limit: int = 100
    wait: int = 0

    @classmethod
    def of(cls, query: bytes, *, paged: bool) -> "Wish":
        """Read the query strictly: every parameter known, each but `topic` once."""
        given = parse_qs(query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FILTERS + 8)
        topics = given.pop("topic", [])
        known = {"after", "limit", "wait"} if paged else set()
        wrong = [name for name in given if name in known and len(given[name]) != 1]
        if not 1 <= len(topics) <= MAX_FILTERS:
            wrong.append("topic")
        if set(given) - known:
            wrong.append("query")
        limit = _number(given, "limit", least=1, most=MAX_LIMIT, otherwise=100, wrong=wrong)
        wait = _number(given, "wait", least=0, most=MAX_WAIT_SECONDS, otherwise=0, wrong=wrong)
        if wrong:
            raise QueryNotValid(errors=[{"pointer": f"/query/{name}", "reason": "not valid"} for name in wrong])
        return cls(topics, given.get("after", [None])[0], limit, wait)


def _number(
    given: Mapping[str, list[str]], name: str, *, least: int, most: int, otherwise: int, wrong: list[str]
) -> int:
    if name not in given:
        return otherwise
    text = given[name][0]
    if text.isascii() and text.isdigit() and len(text) < 6 and least <= int(text) <= most:
        return int(text)
    wrong.append(name)
    return otherwise


class EventsMerger:
    """The feed of the platform."""

    def __init__(self, upstreams: Mapping[str, Upstream], *, key: CursorKey | None) -> None:
        self._upstreams = upstreams
        self._key = key

    async def __call__(self, exchange: Exchange) -> None:
        await until_gone(exchange.receive, self._answer(exchange))

    async def _answer(self, exchange: Exchange) -> None:
        if self._key is None:
            raise Unavailable(service="gateway")
        wish = Wish.of(exchange.query, paged=True)
        positions = self._key.read(wish.after, filters=wish.topics)
        concerned = filters_by_service(wish.topics)
        ask_one = _Asking(self._upstreams, self._key, exchange, concerned=concerned, positions=positions, wish=wish)
        if len(concerned) == 1 and positions.keys() <= concerned.keys():
            # Its page is the page, and its cursor the cursor.
            await _pass_page(await ask_one.all(wait=wish.wait), exchange)
            return
        outcomes = await ask_one.all(wait=0)
        if wish.wait and not ask_one.anything_in(outcomes):
            outcomes = await ask_one.first_to_have_something(wait=wish.wait)
        refused = next((one for one in outcomes if isinstance(one, Answered) and one.status != 200), None)
        if refused is not None:
            await pass_on(refused, exchange)
            return
        silent = sorted(one.service for one in outcomes if isinstance(one, Silent))
        if len(silent) == len(concerned):
            raise Unavailable(service=silent[0], services=[*silent], retry_after=1)
        events, reached = merge_stretches(ask_one.stretches(outcomes), limit=wish.limit)
        page = {"items": events, "next": self._key.sign({**positions, **reached}, filters=wish.topics)}
        await exchange.answer(200, orjson.dumps({**page, "unavailable": silent} if silent else page))


async def _pass_page(outcomes: Sequence[Outcome], exchange: Exchange) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Silent):
            raise Unavailable(service=outcome.service, services=[outcome.service], retry_after=1)
        await pass_on(outcome, exchange)


class _Asking:
    """One reader's question, put to each service in its own words."""

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        key: CursorKey,
        exchange: Exchange,
        *,
        concerned: Mapping[Any, list[str]],
        positions: Mapping[str, int],
        wish: Wish,
    ) -> None:
        self._upstreams = upstreams
        self._key = key
        self._headers = exchange.passed_on()
        self._concerned = concerned
        self._positions = positions
        self._wish = wish

    async def all(self, *, wait: int) -> list[Outcome]:
        """Everybody's answer."""
        return await asyncio.gather(*(self._one(service, wait) for service in self._concerned))

    async def first_to_have_something(self, *, wait: int) -> list[Outcome]:
        """The answers so far as soon as one holds an event, or is a refusal; everybody's when nothing happens."""
        tasks = [asyncio.create_task(self._one(service, wait)) for service in self._concerned]
        outcomes: list[Outcome] = []
        try:
            for task in asyncio.as_completed(tasks):
                outcomes.append(await task)
                if self.anything_in(outcomes):
                    break
        finally:
            await end(tasks)
        return outcomes

    def anything_in(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether there is an event to tell, or a refusal."""
        return any(isinstance(one, Answered) and (one.status != 200 or one.parsed()["items"]) for one in outcomes)

    def stretches(self, outcomes: Sequence[Outcome]) -> list[Stretch]:
        """What was answered. A service that was not waited for to the end stays where it was."""
        answered = {one.service: one.parsed() for one in outcomes if isinstance(one, Answered)}
        return [
            Stretch(
                service=name,
                after=self._positions.get(name, 0),
                events=page["items"],
                through=self._key.read(page["next"], filters=self._concerned[name]).get(name, 0),
            )
            for name, page in answered.items()
        ]

    async def _one(self, service: str, wait: int) -> Outcome:
        topics = self._concerned[service]
        query: list[tuple[str, str]] = [("topic", topic) for topic in topics]
        query += [("limit", str(self._wish.limit)), ("wait", str(wait))]
        if service in self._positions:
            query.append(("after", self._key.sign({service: self._positions[service]}, filters=topics)))
        return await ask(self._upstreams[service], _get(f"/v1/events?{urlencode(query)}", self._headers, wait=wait))


class HeadsMerger:
    """The heads of all services, side by side: each is exact for itself, at its own `as_of`.

    `next` is where a reader of the feed begins who wants what comes after these heads, and nothing before.
    """

    def __init__(self, upstreams: Mapping[str, Upstream], *, key: CursorKey | None) -> None:
        self._upstreams = upstreams
        self._key = key

    async def __call__(self, exchange: Exchange) -> None:
        wish = Wish.of(exchange.query, paged=False)
        concerned = filters_by_service(wish.topics)
        headers = exchange.passed_on()
        outcomes = await asyncio.gather(
            *(
                ask(
                    self._upstreams[service],
                    _get(f"/v1/events/heads?{urlencode([('topic', topic) for topic in topics])}", headers),
                )
                for service, topics in concerned.items()
            )
        )
        answered = [one for one in outcomes if isinstance(one, Answered)]
        refused = next((one for one in answered if one.status != 200), None)
        if refused is not None:
            await pass_on(refused, exchange)
            return
        silent = sorted(one.service for one in outcomes if isinstance(one, Silent))
        services = [one.parsed() for one in answered]
        heads: dict[str, Any] = {"services": services, "unavailable": silent}
        # Without the place of one service, everything that it ever said would come after.
        if self._key is not None and not silent:
            reached = {str(one["service"]): int(one["position"]) for one in services}
            heads["next"] = self._key.sign(reached, filters=wish.topics)
        await exchange.answer(200, orjson.dumps(heads))


def _get(target: str, headers: list[tuple[bytes, bytes]], *, wait: int = 0) -> Request:
    seconds = wait + GRACE_SECONDS if wait else None
    return Request(
        method="GET",
        target=target.encode(),
        headers=headers,
        repeatable=True,
        read_seconds=seconds,
        rests=wait > 0,
    )

"""A platform for tests of the client: its feed, its heads, its subscriptions and, where there is one, its bus.

It numbers, hashes, signs cursors and matches filters with the platform's own code; `test_contract.py` holds it beside
the real feed. Unlike the real one it can be told to lose, to hide, to change and to be away.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from re import fullmatch
from typing import Any
from uuid import UUID, uuid4

import nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.canonical import canonical_json
from shared.messaging.chain import GENESIS, link
from shared.messaging.cursor import CursorKey
from shared.messaging.envelope import Envelope
from shared.messaging.topics import pattern_of
from shared.pagination import CursorNotValid

STREAM = "EVT"
DEPARTMENT = "tax"
BIRTHS = "evt.certificate.issued.birth-certificate.33.07.82"
DEATHS = "evt.certificate.issued.death-certificate.33.07.82"
EVERYTHING = "evt.>"
KEY = CursorKey(b"x" * 32)


def token(seconds: float = 600) -> str:
    """What looks like an access token, good for this time."""
    claims = urlsafe_b64encode(json.dumps({"exp": time.time() + seconds, "jti": str(uuid4())}).encode()).decode()
    return f"e30.{claims.rstrip('=')}.e30"


@dataclass
class FakePlatform:
    """Every list and set is for a test to change."""

    nats_url: str | None = None
    log: list[Envelope] = field(default_factory=list)
    hidden: set[UUID] = field(default_factory=set)  # not in the feed, though counted
    heads: dict[tuple[str, str], tuple[int, int, bytes]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    bodies: list[Any] = field(default_factory=list)
    away: set[str] = field(default_factory=set)  # paths that answer 503
    silent: list[str] = field(default_factory=list)  # services that do not answer the gateway
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    replies: dict[str, Any] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    token_seconds: float = 600
    tokens_given: int = 0
    stretch: int = 1_000_000  # so many positions are looked through for a page, which may then be empty

    async def give_token(self) -> str:
        self.tokens_given += 1
        return token(self.token_seconds)

    def record(
        self, topic: str = BIRTHS, *, source: str = "/certificates", subject: UUID | None = None, **data: Any
    ) -> Envelope:
        """An event that happened and has its numbers; on the bus once it is published."""
        position = sum(1 for event in self.log if event.source == source) + 1
        sequence, _, before = self.heads.get((source, topic), (0, 0, GENESIS))
        event_id, text = uuid4(), canonical_json({"number": position, **data}).decode()
        event = Envelope(
            id=event_id,
            source=source,
            type="certificate.issued.v1",
            topic=topic,
            subject=subject or uuid4(),
            time=datetime.now(UTC),
            entityversion=1,
            position=position,
            sequence=sequence + 1,
            data=text,
        )
        self.log.append(event)
        self.heads[source, topic] = (sequence + 1, position, link(before, event_id, text))
        return event

    def record_many(self, count: int, topic: str = BIRTHS, **more: Any) -> list[Envelope]:
        return [self.record(topic, **more) for _ in range(count)]

    async def publish(self, events: Iterable[Envelope]) -> None:
        """As the relay would, in this order; again if it is told to."""
        assert self.nats_url is not None
        client = await nats.connect(self.nats_url)
        await _ensure_stream(client.jetstream())
        for event in events:
            await client.jetstream().publish(event.topic, event.to_json())
        await client.close()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/events", self._events),
                Route("/v1/events/heads", self._heads),
                Route("/v1/subscriptions", self._subscribe, methods=["POST"]),
                Route("/v1/{path:path}", self._anything, methods=["GET", "POST", "DELETE"]),
            ]
        )

    async def _events(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        topics = request.query_params.getlist("topic")
        try:
            reached = KEY.read(request.query_params.get("after"), filters=topics)
        except CursorNotValid as refused:
            return JSONResponse({"code": refused.code, "title": refused.title_en}, 422)
        pattern, limit = pattern_of(topics), int(request.query_params.get("limit", 100))
        until = {source: reached.get(source, 0) + self.stretch for source in self._sources()}
        found = [
            event
            for event in self.log
            if reached.get(event.source, 0) < event.position <= until[event.source]
            and fullmatch(pattern, event.topic)
            and event.id not in self.hidden
            and event.source.removeprefix("/") not in self.silent
        ]
        told = found[:limit]
        if len(found) <= limit:
            last = {source: self._last_position(source) for source in self._sources()}
            named = {source for source in last if source.removeprefix("/") not in self.silent}
            reached |= {source: min(until[source], last[source]) for source in named}
        reached |= {event.source: event.position for event in told if len(found) > limit}
        items = ",".join(event.to_json().decode() for event in told)
        end = json.dumps(KEY.sign(reached, filters=topics))
        return Response(
            f'{{"items":[{items}],"next":{end},"unavailable":{json.dumps(self.silent)}}}', media_type="application/json"
        )

    async def _heads(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        topics = request.query_params.getlist("topic")
        pattern = pattern_of(topics)
        sources = self._sources()
        services = [
            {
                "service": source.removeprefix("/"),
                "as_of": datetime.now(UTC).isoformat(),
                "position": "0",
                "pending": 0,
                "topics": [
                    {
                        "topic": topic,
                        "sequence": str(sequence),
                        "position": str(position),
                        "hash": f"sha256:{value.hex()}",
                    }
                    for (of, topic), (sequence, position, value) in self.heads.items()
                    if of == source and fullmatch(pattern, topic)
                ],
            }
            for source in sources
            if source.removeprefix("/") not in self.silent
        ]
        reached = {source: self._last_position(source) for source in sources}
        end = {} if self.silent else {"next": KEY.sign(reached, filters=topics)}
        return JSONResponse({"services": services, "unavailable": self.silent, **end})

    def _sources(self) -> list[str]:
        return list(dict.fromkeys(event.source for event in self.log))

    def _last_position(self, source: str) -> int:
        return max(event.position for event in self.log if event.source == source)

    async def _subscribe(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        body = await request.json()
        consumer = f"{DEPARTMENT}_{body['name']}"
        if self.nats_url is not None:
            await self._ensure_consumer(consumer, body["topics"])
        place = {
            "url": self.nats_url or "nats://127.0.0.1:1",
            "stream": STREAM,
            "consumer": consumer,
            "inbox_prefix": f"_INBOX_{DEPARTMENT}",
        }
        numbers = {"delivered": "0", "acknowledged": "0", "head": "0", "lag": 0}
        state: dict[str, Any] = {"ready": True, "reason": None, "suspended": []}
        return JSONResponse({**body, "nats": place, **state, **numbers, "created_at": "2026-03-11T02:00:00Z"}, 201)

    async def _ensure_consumer(self, name: str, topics: list[str]) -> None:
        client = await nats.connect(self.nats_url or "", allow_reconnect=False)
        manager = client.jetstream()
        await _ensure_stream(manager)
        config = ConsumerConfig(
            durable_name=name, filter_subjects=topics, ack_policy=AckPolicy.EXPLICIT, ack_wait=30, max_deliver=-1
        )
        await manager.add_consumer(STREAM, config)
        await client.close()

    async def _anything(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if request.method == "POST":
            self.bodies.append(await request.json())
        return refusal or JSONResponse(self.replies.get(request.url.path, {}))

    def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        self.calls[path] += 1
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.revoked:
            return JSONResponse({"code": "token-not-valid", "title": "no"}, 401)
        if path in self.away:
            return JSONResponse({"code": "service-unavailable"}, 503, headers={"retry-after": "0"})
        if path in self.refusals:
            status, problem = self.refusals[path]
            return JSONResponse(problem, status)
        return None


async def _ensure_stream(manager: JetStreamContext) -> None:
    try:
        await manager.stream_info(STREAM)
    except NotFoundError:
        await manager.add_stream(name=STREAM, subjects=["evt.>", "to.>"])

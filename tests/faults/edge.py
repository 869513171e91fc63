"""The door of a run: what identity and the gateway do for a department, over the run's one service.

Subscriptions and their consumers, which are made again where they are missing, and the feed with its heads. Who may
have what is not the matter here: everybody may have everything that they ask for.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request

from shared.auth import Caller
from shared.background import running
from shared.database import Database
from shared.messaging.api import EVERYTHING, feed_router
from shared.messaging.bell import Bell
from shared.messaging.consumers import Consumers, consumer_of
from shared.messaging.cursor import CursorKey
from shared.messaging.feed import list_heads
from shared.messaging.jetstream import BUS_ERRORS, STREAM, JetStream
from shared.messaging.topics import Reach
from shared.web import problems
from tests.faults.facts import SERVICE

LOOK_SECONDS = 1.0


@dataclass
class Edge:
    """What the routes need."""

    database: Database
    bus: JetStream
    nats_url: str
    bell: Bell
    cursor_key: CursorKey
    consumers: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def messaging(self) -> "Edge":
        return self

    @property
    def verifier(self) -> "Edge":
        return self

    async def verify(self, token: str) -> Caller:
        """Whoever comes is one of us."""
        return Caller(sub=token, kind="service", client_id=token, token=token, scopes=frozenset({"events"}))

    async def keep_consumers(self) -> None:
        """Whatever was subscribed to is on the bus, also after it lost its store."""
        consumers = Consumers(self.bus)
        while True:
            await self.bus.connected()
            try:
                for name, topics in self.consumers.items():
                    if await consumers.find(name) is None:
                        await consumers.make(name, topics=topics)
            except BUS_ERRORS:
                pass
            await asyncio.sleep(LOOK_SECONDS)


async def everybody(caller: Caller) -> Reach:
    """Not the matter here."""
    return EVERYTHING


def application(edge: Edge) -> FastAPI:
    """The routes that `onevisit_client` calls."""
    app = FastAPI()
    app.state.service = edge
    problems.install(app)

    @app.post("/v1/subscriptions")
    async def subscribe(request: Request) -> dict[str, Any]:
        asked = await request.json()
        department = request.headers["authorization"].removeprefix("Bearer ")
        consumer = consumer_of(department, asked["name"])
        edge.consumers[consumer] = asked["topics"]
        place = {"url": edge.nats_url, "stream": STREAM, "consumer": consumer, "inbox_prefix": f"_INBOX_{department}"}
        return {"name": asked["name"], "topics": asked["topics"], "nats": place}

    @app.get("/v1/events/heads")
    async def heads(request: Request) -> dict[str, Any]:
        async with edge.database.read() as conn:
            found = await list_heads(conn, filters=request.query_params.getlist("topic"))
        topics = [
            {"topic": each.topic, "sequence": each.sequence, "position": each.position, "hash": each.hash.hex()}
            for each in found.topics
        ]
        return {"services": [{"service": SERVICE, "as_of": found.as_of, "topics": topics}]}

    app.include_router(feed_router(SERVICE, everybody))
    return app


async def main() -> None:
    """Serve until killed."""
    told = orjson.loads(os.environ["FAULTS_EDGE"])
    database, bus = Database(told["database"]), JetStream(told["nats"], name="edge", replicas=told["replicas"])
    key = CursorKey.load(Path(told["cursor_key"]))
    edge = Edge(database, bus, told["nats"], Bell(database), key, consumers=told["consumers"])
    server = uvicorn.Server(uvicorn.Config(application(edge), port=told["port"], log_level="warning"))
    async with running({"bus": bus.run, "bell": edge.bell.run, "consumers": edge.keep_consumers}):
        await server.serve()


if __name__ == "__main__":
    asyncio.run(main())

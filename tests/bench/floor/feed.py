"""The floor of the feed: a service that reads the log and a gateway that passes it on, unchecked and unsigned.

`python -m tests.bench.floor.feed ROLE PORT` with DATABASE and SERVICE in the environment.
"""

import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import httpx2
import orjson
import uvicorn

from tests.bench.floor.asgi import application

_READ = """
SELECT position, sequence, event_id, type, topic, subject, version, occurred_at, data FROM event_log
WHERE position > $1 AND topic ^@ $2 ORDER BY position LIMIT $3
"""


class Floor:
    """One process of it."""

    pool: Any
    http: httpx2.AsyncClient

    async def read(self, _: bytes, headers: Mapping[bytes, bytes], query: bytes) -> bytes:
        """service"""
        told = parse_qs(query.decode())
        after, prefix = int(told.get("after", ["0"])[0]), told["topic"][0].removesuffix(">")
        rows = await self.pool.fetch(_READ, after, prefix, int(told["limit"][0]))
        return orjson.dumps({"items": list(map(_event, rows)), "next": str(rows[-1]["position"] if rows else after)})

    async def forward(self, _: bytes, headers: Mapping[bytes, bytes], query: bytes) -> bytes:
        """gateway"""
        return (await self.http.get(f"{os.environ['SERVICE']}/v1/events?{query.decode()}")).content

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with (
            httpx2.AsyncClient(timeout=30, trust_env=False) as self.http,
            asyncpg.create_pool(os.environ["DATABASE"], min_size=1, max_size=4) as self.pool,
        ):
            yield


def _event(row: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(row["event_id"]),
        "source": "/certificates",
        "type": row["type"],
        "subject": str(row["subject"]),
        "time": row["occurred_at"],
        "datacontenttype": "application/json",
        "dataschema": f"urn:onevisit:event:{row['type']}",
        "topic": row["topic"],
        "position": str(row["position"]),
        "sequence": str(row["sequence"]),
        "entityversion": str(row["version"]),
        "data": orjson.Fragment(row["data"]),
    }


def main() -> None:
    """Serve one role until told to stop."""
    role, port = sys.argv[1], int(sys.argv[2])
    floor = Floor()
    app = application({"/v1/events": floor.read if role == "service" else floor.forward}, floor.lifespan)
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()

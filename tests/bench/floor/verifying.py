"""The floor of a verification by number: a service that asks the register once, and a gateway that passes it on.

`python -m tests.bench.floor.verifying ROLE PORT` with DATABASE and SERVICE (a port) in the environment.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.bench.floor.wire import Wire

_READ = """
SELECT state, kind, kind_label, issuer, issuer_name, issued_on, valid_from, valid_until, origin
FROM certificates WHERE number = $1
"""


class Service:
    """One statement, one answer."""

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=4, max_size=12)

    async def answer(self, body: bytes) -> bytes:
        row = await self._pool.fetchrow(_READ, orjson.loads(body)["number"])
        today = datetime.now(UTC).date()
        in_force = row["state"] == "valid" and row["valid_from"] <= today
        in_force = in_force and (row["valid_until"] is None or today <= row["valid_until"])
        return orjson.dumps(
            {
                "genuine": True,
                "origin": row["origin"],
                "state": "in force" if in_force else row["state"],
                "kind": row["kind"],
                "kind_label": orjson.Fragment(row["kind_label"]),
                "issuer": row["issuer"],
                "issuer_name": orjson.Fragment(row["issuer_name"]),
                "issued_on": row["issued_on"],
                "valid_until": row["valid_until"],
                "reasons": [],
            }
        )


class Gateway:
    """Passes it on."""

    async def open(self) -> None:
        self._wire = Wire(int(os.environ["SERVICE"]))

    async def answer(self, body: bytes) -> bytes:
        return await self._wire.post(b"/v1/verifications", body)


class App:
    """As ASGI."""

    def __init__(self, role: Service | Gateway) -> None:
        self._role = role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._role.open()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        answer = await self._role.answer(await _read(receive))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message: Any = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def main() -> None:
    """Serve one role until told to stop."""
    role, port = sys.argv[1], int(sys.argv[2])
    app = App(Service() if role == "service" else Gateway())
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()

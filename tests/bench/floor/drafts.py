"""The floor of a draft through the gateway: five processes, the signatures and rows that a draft costs.

`python -m tests.bench.floor.drafts ROLE PORT`, with the addresses of the others in FLOOR (JSON).
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import nats
import orjson
import uvicorn
from nats.js import JetStreamContext

from shared.jose import SigningKey, StaticKeys, verify_jws
from tests.bench.floor.asgi import application

SCHEMA = """
CREATE TABLE relations (party uuid, kind text, of uuid);
CREATE TABLE evidence (id uuid PRIMARY KEY, source text, party uuid, kind text, claims jsonb);
CREATE INDEX ON evidence (party, kind);
CREATE TABLE drafts (id uuid PRIMARY KEY, sub uuid, content jsonb);
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text, event jsonb);
CREATE TABLE log (source text, position bigint, event jsonb, PRIMARY KEY (source, position));
CREATE TABLE accesses (id uuid PRIMARY KEY, event jsonb);
"""


@dataclass
class Floor:
    """One process of the floor."""

    role: str
    urls: Mapping[str, str]
    key: SigningKey
    pool: Any = None
    http: Any = None
    js: JetStreamContext | None = None
    verified: dict[bytes, bool] = field(default_factory=dict)
    position: int = 0

    async def caller(self, headers: Mapping[bytes, bytes]) -> None:
        """A token is verified once, then remembered; as everywhere."""
        token = headers[b"authorization"]
        if token not in self.verified:
            await verify_jws(token[7:].decode(), keys=StaticKeys(self.key.public_jwk()), typ="at+jwt")
            self.verified[token] = True

    async def verify(self, statement: str, typ: str) -> dict[str, Any]:
        return await verify_jws(statement, keys=StaticKeys(self.key.public_jwk()), typ=typ)

    async def post(self, role: str, path: str, body: object, headers: Mapping[bytes, bytes]) -> Any:
        sent = {"authorization": headers[b"authorization"].decode(), "content-type": "application/json"}
        answer = await self.http.post(self.urls[role] + path, content=orjson.dumps(body), headers=sent)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    async def one_identification(self, body: bytes, headers: Mapping[bytes, bytes], __: bytes = b"") -> bytes:
        """gateway"""
        await self.caller(headers)
        statement = await self.post("identity", "/representations", {}, headers)
        wanted = {**orjson.loads(body), "representations": statement["statement"]}
        return orjson.dumps(await self.post("licensing", "/drafts", wanted, headers))

    async def representations(self, body: bytes, headers: Mapping[bytes, bytes], __: bytes = b"") -> bytes:
        """identity"""
        await self.caller(headers)
        party = self.urls["mother"]
        rows = await self.pool.fetch("SELECT party, kind, of FROM relations WHERE party = $1 OR of = $1", party)
        family = [{"party": str(row["party"]), "kind": row["kind"], "of": str(row["of"])} for row in rows]
        now = int(time.time())
        claims = {"iss": "floor", "sub": party, "iat": now, "exp": now + 300, "family": family}
        return orjson.dumps({"items": family, "statement": self.key.sign(claims, typ="representation+jwt")})

    async def drafts(self, body: bytes, headers: Mapping[bytes, bytes], __: bytes = b"") -> bytes:
        """licensing"""
        await self.caller(headers)
        wanted = orjson.loads(body)
        family = (await self.verify(wanted["representations"], "representation+jwt"))["family"]
        parties = sorted({relation[end] for relation in family for end in ("party", "of")})
        now = int(time.time())
        grant = self.key.sign({"parties": parties, "iat": now, "exp": now + 1800}, typ="grant+jwt")
        search = {"wants": [{"party": party, "kinds": KINDS} for party in parties], "grant": grant}
        found = await asyncio.gather(
            *(self.post(role, "/search", search, headers) for role in ("certificates", "records"))
        )
        evidence = [item for answer in found for item in answer["evidence"]]
        fields = [
            {"element": f"{item['kind']}.{name}", "state": "known", "value": value, "source": item["id"]}
            for item in evidence
            for name, value in item["claims"].items()
        ]
        draft = {"draft": str(uuid4()), "fields": fields, "evidence": evidence}
        content = orjson.dumps(draft).decode()
        await self.pool.execute("INSERT INTO drafts VALUES ($1, $2, $3)", draft["draft"], self.urls["mother"], content)
        return orjson.dumps(draft)

    async def search(self, body: bytes, headers: Mapping[bytes, bytes], __: bytes = b"") -> bytes:
        """certificates and records"""
        await self.caller(headers)
        wanted = orjson.loads(body)
        await self.verify(wanted["grant"], "grant+jwt")
        parties = [want["party"] for want in wanted["wants"]]
        async with self.pool.acquire() as conn, conn.transaction():
            rows = await conn.fetch(
                "SELECT id, party, kind, claims FROM evidence WHERE source = $1 AND party = ANY($2) AND kind = ANY($3)",
                self.role,
                parties,
                wanted["wants"][0]["kinds"],
            )
            event = {"id": str(uuid4()), "accessed": [[str(row["party"]), row["kind"]] for row in rows]}
            await conn.execute(
                "INSERT INTO outbox (source, event) VALUES ($1, $2)", self.role, orjson.dumps(event).decode()
            )
        evidence = [
            {"id": str(row["id"]), "party": str(row["party"]), "kind": row["kind"], "claims": json.loads(row["claims"])}
            for row in rows
        ]
        return orjson.dumps({"evidence": evidence})

    async def relay(self) -> None:
        """Pending rows into the log, then out to NATS, in batches; 20 ms of rest when there is nothing."""
        assert self.js is not None
        while True:
            async with self.pool.acquire() as conn, conn.transaction():
                rows = await conn.fetch(
                    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE source = $1 ORDER BY id LIMIT 500)"
                    " RETURNING event",
                    self.role,
                )
                positions = list(range(self.position + 1, self.position + 1 + len(rows)))
                events = [row["event"] for row in rows]
                await conn.execute(
                    "INSERT INTO log SELECT $1, * FROM unnest($2::bigint[], $3::jsonb[])", self.role, positions, events
                )
            self.position += len(rows)
            await asyncio.gather(*(self.js.publish(f"floor.{self.role}", event.encode()) for event in events))
            if not rows:
                await asyncio.sleep(0.02)

    async def project(self) -> None:
        """records: every access becomes a row, acknowledged after its commit."""
        assert self.js is not None
        consumer = await self.js.pull_subscribe("floor.>", durable="floor-accesses", stream="FLOOR")
        while True:
            with suppress(nats.errors.TimeoutError, TimeoutError):
                messages = await consumer.fetch(100, timeout=1)
                rows = [(orjson.loads(message.data)["id"], message.data.decode()) for message in messages]
                await self.pool.executemany("INSERT INTO accesses VALUES ($1, $2) ON CONFLICT DO NOTHING", rows)
                await asyncio.gather(*(message.ack() for message in messages))

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        tasks: list[asyncio.Task[None]] = []
        async with httpx2.AsyncClient(timeout=10, trust_env=False) as self.http:
            if self.role != "gateway":
                self.pool = await asyncpg.create_pool(self.urls["database"], min_size=2, max_size=12)
            if self.role in ("certificates", "records"):
                connection = await nats.connect(self.urls["nats"])
                self.js = connection.jetstream()
                tasks.append(asyncio.create_task(self.relay()))
            if self.role == "records":
                tasks.append(asyncio.create_task(self.project()))
            yield
            for task in tasks:
                task.cancel()


KINDS = ["resident-identity", "household-registration", "marriage-registration", "birth-record"]


def main() -> None:
    """Serve one role until told to stop."""
    role, port = sys.argv[1], int(sys.argv[2])
    told = json.loads(os.environ["FLOOR"])
    floor = Floor(role, told["urls"], SigningKey.from_pem(told["key"].encode()))
    routes = {
        "/v1/one-identification": floor.one_identification,
        "/representations": floor.representations,
        "/drafts": floor.drafts,
        "/search": floor.search,
    }
    app = application(routes, floor.lifespan)
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()

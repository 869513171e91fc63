"""The process that commits: an order comes as a line of JSON, what became of it goes back as another.

No HTTP: what is under fire is the transaction, and a connection that breaks leaves the caller as ignorant.
"""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import DATABASE_ERRORS, Database
from shared.messaging.outbox import Recorded, record_many
from tests.faults.facts import FactNoted

CONNECTIONS = 48
# PostgreSQL ends a transaction that says nothing for 15 s.
SPEAK_SECONDS = 4.0
# One statement: what is measured is not how fast Python talks to PostgreSQL.
_RAISE = text("""
WITH raised AS (
    UPDATE entities SET version = version + 1 WHERE id = :entity RETURNING version, kind, region
), noted AS (
    INSERT INTO facts (value, operation, entity, version) SELECT :value, :operation, :entity, version FROM raised
)
SELECT version, kind, region FROM raised
""")


class RolledBackAsOrdered(Exception):
    """The order said so."""


async def commit(database: Database, order: dict[str, Any]) -> list[dict[str, Any]]:
    """Entities get their next versions, facts and events are written, in one transaction. Answers the facts."""
    async with database.transaction() as conn:
        written, events = await _changes(conn, order)
        await record_many(conn, events)
        await _stay_open(conn, float(order["open_seconds"]))
        if order["roll_back"]:
            raise RolledBackAsOrdered
    return written


async def _changes(conn: AsyncConnection, order: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Recorded]]:
    written, events = [], []
    for number, entity in enumerate(map(UUID, order["entities"])):
        fact = {"value": f"{order['operation']}/{number}", "operation": order["operation"], "entity": entity}
        row = (await conn.execute(_RAISE, fact)).one()
        written.append({**fact, "version": row.version})
        events.append(
            Recorded(
                event=FactNoted(value=fact["value"]),
                subject=entity,
                version=row.version,
                region=row.region,
                kind=row.kind,
                at=datetime.now(UTC),
            )
        )
    return written, events


async def _stay_open(conn: AsyncConnection, seconds: float) -> None:
    while seconds > 0:
        await asyncio.sleep(min(seconds, SPEAK_SECONDS))
        seconds -= SPEAK_SECONDS
        await conn.execute(text("SELECT 1"))


async def main() -> None:
    """Serve until killed."""
    told = orjson.loads(os.environ["FAULTS_API"])
    database = Database(told["database"], pool_size=CONNECTIONS)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                answer: dict[str, Any] = {"outcome": "committed", "facts": await commit(database, orjson.loads(line))}
            except RolledBackAsOrdered:
                answer = {"outcome": "rolled back"}
            except DATABASE_ERRORS as error:
                # Also a commit whose answer was lost: the caller must not take this for a refusal.
                answer = {"outcome": "unknown", "error": type(error).__name__}
            writer.write(orjson.dumps(answer) + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", told["port"])
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())

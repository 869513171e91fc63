"""The process under measurement for events: our relay and our subscriber, as a service runs them.

`python -m tests.bench.ours` with the service's settings in the environment; the effect is one row per event.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import uvloop
from sqlalchemy import Column, DateTime, Table, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database, new_metadata
from shared.messaging.envelope import Event, EventContract
from shared.messaging.model import install
from shared.messaging.reaction import Projection
from shared.messaging.runtime import MessagingRuntime
from shared.settings import ServiceSettings

SERVICE = "bench"
metadata = new_metadata()
install(metadata)
effects = Table(
    "effects",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)


class BenchMeasured(EventContract):
    """As thin as events are: ids and a kind."""

    type: ClassVar[str] = "bench.measured.v1"
    certificate: UUID
    party: UUID
    kind: str


async def note(conn: AsyncConnection, events: Sequence[Event[BenchMeasured]]) -> None:
    """The effect: one row of each."""
    rows = {"ids": [each.id for each in events], "occurred": [each.time for each in events], "now": datetime.now(UTC)}
    await conn.execute(_NOTE, rows)


_NOTE = text("""
INSERT INTO effects
SELECT id, at, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:occurred AS timestamptz[])) AS e (id, at)
""")


async def main() -> None:
    """Relay and receive until told to stop."""
    settings = ServiceSettings()
    assert settings.database_url is not None
    database = Database(settings.database_url.get_secret_value())
    runtime = MessagingRuntime(SERVICE, database, settings)
    runtime.subscribe("effects", [Projection(BenchMeasured, note)])
    async with runtime.running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())

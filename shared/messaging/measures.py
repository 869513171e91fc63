"""What messaging shows of itself, as metrics: what waits where, and what stands still."""

import asyncio
from collections.abc import Sequence
from math import nan

from prometheus_client import Counter, Gauge
from sqlalchemy import text

from shared.cancellation import going_on
from shared.database import Database
from shared.messaging.jetstream import BUS_ERRORS, JetStream

MEASURE_SECONDS = 5.0

PENDING = Gauge("onevisit_outbox_pending", "Events recorded and not yet numbered", ["service"])
PENDING_SECONDS = Gauge("onevisit_outbox_oldest_seconds", "Age of the oldest event not yet numbered", ["service"])
UNPUBLISHED = Gauge("onevisit_relay_lag", "Events numbered and not yet acknowledged by the bus", ["service"])
CONNECTED = Gauge("onevisit_bus_connected", "1 while this process is connected to the bus", ["service"])
PUBLISHED = Counter("onevisit_events_published_total", "Events that the bus has acknowledged", ["service"])
HANDLED = Counter("onevisit_events_handled_total", "Events that had their effect or were parked", ["consumer"])
BEHIND = Gauge(
    "onevisit_consumer_lag",
    "Events on the bus that this consumer has not acknowledged; not a number while the bus does not say",
    ["service", "consumer"],
)
PARKED = Gauge(
    "onevisit_parked", "Events parked, and those that need a person", ["service", "consumer", "needs_person"]
)


class Measures:
    """What one worker process knows of its service's messaging; every worker of it says the same."""

    def __init__(self, service: str, database: Database, bus: JetStream, consumers: Sequence[str]) -> None:
        self._service = service
        self._database = database
        self._bus = bus
        self._consumers = consumers

    async def run(self) -> None:
        """Measure every five seconds, until cancelled."""
        while going_on():
            await self.measure()
            await asyncio.sleep(MEASURE_SECONDS)

    async def measure(self) -> None:
        """The metrics are as things are now."""
        CONNECTED.labels(self._service).set(self._bus.is_connected)
        await self._measure_consumers()
        await self._measure_tables()

    async def _measure_consumers(self) -> None:
        for consumer in self._consumers:
            try:
                behind: float = await self._bus.waiting_for(consumer) if self._bus.is_connected else nan
            except BUS_ERRORS:
                behind = nan
            BEHIND.labels(self._service, consumer).set(behind)

    async def _measure_tables(self) -> None:
        async with self._database.read() as conn:
            state = (await conn.execute(_BACKLOG)).one()
            parked = (await conn.execute(_PARKED)).all()
        PENDING.labels(self._service).set(state.pending)
        PENDING_SECONDS.labels(self._service).set(state.oldest_seconds)
        UNPUBLISHED.labels(self._service).set(state.unpublished)
        for consumer in self._consumers:
            for needs_person in (True, False):
                PARKED.labels(self._service, consumer, needs_person).set(0)
        for row in parked:
            PARKED.labels(self._service, row.consumer, row.needs_person).set(row.events)


_BACKLOG = text("""
SELECT (SELECT count(*) FROM outbox) AS pending,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM outbox), 0) AS oldest_seconds,
       last_position - published_through AS unpublished
FROM relay_state
""")
_PARKED = text("""
SELECT consumer, attempts > 0 AND retry_at IS NULL AS needs_person, count(*) AS events
FROM parked GROUP BY consumer, needs_person
""")

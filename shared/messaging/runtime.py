"""A service's messaging as one part of its process: connection, relay, subscribers; what fails is started again."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import Gauge
from sqlalchemy import text

from shared.background import Part, running
from shared.cancellation import going_on
from shared.database import Database
from shared.messaging.bell import Bell
from shared.messaging.cursor import CursorKey
from shared.messaging.jetstream import JetStream
from shared.messaging.reaction import AnyReaction
from shared.messaging.relay import Relay
from shared.messaging.subscriber import Subscriber
from shared.settings import ServiceSettings

MEASURE_SECONDS = 5.0

PENDING = Gauge("onevisit_outbox_pending", "Events recorded and not yet numbered", ["service"])
PENDING_SECONDS = Gauge("onevisit_outbox_oldest_seconds", "Age of the oldest event not yet numbered", ["service"])
UNPUBLISHED = Gauge("onevisit_relay_lag", "Events numbered and not yet acknowledged by the bus", ["service"])
PARKED = Gauge(
    "onevisit_parked", "Events parked, and those that need a person", ["service", "consumer", "needs_person"]
)


class MessagingRuntime:
    """`app.state.service.messaging`. Give `part` to `create_service`, and `readiness` to its checks.

    A process without the worker part has no connection to the bus, unless its API needs one: `connected`.
    """

    def __init__(self, service: str, database: Database, settings: ServiceSettings, *, connected: bool = False) -> None:
        if settings.nats_url is None or settings.cursor_key_file is None:
            raise RuntimeError(f"{service} needs ONEVISIT_NATS_URL and ONEVISIT_CURSOR_KEY_FILE")
        password = settings.nats_password.get_secret_value() if settings.nats_password else None
        self._service = service
        self._database = database
        self._is_worker = "worker" in settings.run
        self._connected = connected
        self._subscribers: list[Subscriber] = []
        self.bus = JetStream(settings.nats_url, name=service, user=settings.nats_user, password=password)
        self.bell = Bell(database)
        self.cursor_key = CursorKey.load(settings.cursor_key_file)

    def subscribe(self, purpose: str, reactions: Sequence[AnyReaction]) -> None:
        """React to events as the consumer `<service>-<purpose>`; before `running`."""
        self._subscribers.append(Subscriber(self._database, self.bus, f"{self._service}-{purpose}", reactions))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Everything runs while the block does. A process without the worker part only serves the feed."""
        work: dict[str, Part] = {"bell": self.bell.run}
        if self._connected:
            work["bus"] = self.bus.run
        if self._is_worker:
            relay = Relay(self._service, self._database, self.bus, self.bell)
            work |= {"bus": self.bus.run, "relay": relay.run, "metrics": self._measure}
            work |= {subscriber.consumer: subscriber.run for subscriber in self._subscribers}
        async with running(work):
            yield

    async def readiness(self) -> str | None:
        """Ready once the bus was reached. Losing it later is no reason for 503: events then wait in the log."""
        return "the bus was not reached yet" if self._is_worker and not self.bus.generation else None

    async def _measure(self) -> None:
        while going_on():
            async with self._database.read() as conn:
                state = (await conn.execute(_BACKLOG)).one()
                parked = (await conn.execute(_PARKED)).all()
            PENDING.labels(self._service).set(state.pending)
            PENDING_SECONDS.labels(self._service).set(state.oldest_seconds)
            UNPUBLISHED.labels(self._service).set(state.unpublished)
            for subscriber in self._subscribers:
                for needs_person in (True, False):
                    PARKED.labels(self._service, subscriber.consumer, needs_person).set(0)
            for row in parked:
                PARKED.labels(self._service, row.consumer, row.needs_person).set(row.events)
            await asyncio.sleep(MEASURE_SECONDS)


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

"""A service's messaging as one part of its process: connection, relay, subscribers; what fails is started again."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from shared.background import Part, running
from shared.database import Database
from shared.errors import CannotStart
from shared.messaging.bell import Bell
from shared.messaging.cursor import CursorKey
from shared.messaging.jetstream import JetStream
from shared.messaging.measures import Measures
from shared.messaging.reaction import AnyReaction
from shared.messaging.relay import Relay
from shared.messaging.subscriber import Subscriber
from shared.settings import ServiceSettings


class MessagingRuntime:
    """`app.state.service.messaging`. Give `part` to `create_service`, and `readiness` to its checks.

    A process without the worker part has no connection to the bus, unless its API needs one: `connected`.
    """

    def __init__(self, service: str, database: Database, settings: ServiceSettings, *, connected: bool = False) -> None:
        if settings.nats_url is None or settings.cursor_key_file is None:
            raise CannotStart(f"{service} needs ONEVISIT_NATS_URL and ONEVISIT_CURSOR_KEY_FILE")
        password = settings.nats_password.get_secret_value() if settings.nats_password else None
        self._service = service
        self._database = database
        self._is_worker = "worker" in settings.run
        self._connected = connected
        self._subscribers: list[Subscriber] = []
        self.bus = JetStream(
            settings.nats_url,
            name=service,
            user=settings.nats_user,
            password=password,
            replicas=settings.nats_replicas,
        )
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
            consumers = [subscriber.consumer for subscriber in self._subscribers]
            measures = Measures(self._service, self._database, self.bus, consumers)
            work |= {"bus": self.bus.run, "relay": relay.run, "metrics": measures.run}
            work |= {subscriber.consumer: subscriber.run for subscriber in self._subscribers}
        async with running(work):
            yield

    async def readiness(self) -> str | None:
        """Ready once the bus was reached. Losing it later is no reason for 503: events then wait in the log."""
        if not self._is_worker or self.bus.was_reached:
            return None
        return self.bus.trouble or "the bus was not reached yet"

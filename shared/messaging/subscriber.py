"""Events from the bus become effects in the database: each once, those of one entity in order.

The effect and the note that it happened are one transaction; the bus is told after it committed. An event that fails
is parked with its entity, so that it holds up nobody else.
"""

import asyncio
from collections.abc import Sequence

import structlog

from shared.cancellation import going_on, together
from shared.database import Database
from shared.messaging.failpoints import failpoint
from shared.messaging.handling import Handling, read
from shared.messaging.jetstream import BUS_ERRORS, JetStream
from shared.messaging.lease import LEASE_SECONDS, Lease, lead
from shared.messaging.pulling import Pull
from shared.messaging.reaction import AnyReaction
from shared.messaging.topics import without_overlaps

FETCH = 250
FETCH_SECONDS = 1.0
RETRY_POLL_SECONDS = 1.0
log = structlog.get_logger(__name__)


class Subscriber:
    """A durable consumer named `<service>-<purpose>`. It runs in every process of a service; one of them leads:
    two that share a consumer could not keep the order of an entity.
    """

    def __init__(
        self,
        database: Database,
        bus: JetStream,
        consumer: str,
        reactions: Sequence[AnyReaction],
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.consumer = consumer
        self._database = database
        self._bus = bus
        self._reactions = {reaction.contract.type: reaction for reaction in reactions}
        if len(self._reactions) != len(reactions):
            raise ValueError(f"{consumer} reacts twice to one event; what both do belongs in one transaction")
        self._topics = without_overlaps([topic for reaction in reactions for topic in reaction.filters])
        self._lease_seconds = lease_seconds

    async def run(self) -> None:
        """Until cancelled. Fails where PostgreSQL does; whoever supervises it starts it again."""
        await lead(self._database, f"consumer:{self.consumer}", self._lead, seconds=self._lease_seconds)

    async def _lead(self, lease: Lease) -> None:
        handling = Handling(self._database, consumer=self.consumer, reactions=self._reactions, lease=lease)
        await together(self._receive(handling), self._retry(handling))

    async def _receive(self, handling: Handling) -> None:
        while going_on():
            await self._bus.connected()
            try:
                pull = await self._bus.pull(self.consumer, topics=self._topics)
                try:
                    while going_on():
                        await self._receive_some(pull, handling)
                finally:
                    await pull.close()
            except BUS_ERRORS as error:
                log.warning("subscription interrupted", consumer=self.consumer, error=repr(error))
                await asyncio.sleep(1)

    async def _receive_some(self, pull: Pull, handling: Handling) -> None:
        deliveries = await pull.fetch(at_most=FETCH, seconds=FETCH_SECONDS)
        if not deliveries:
            return
        failpoint("subscriber.received")
        await handling.process(
            [
                read(each.body, self._reactions, stream_sequence=each.stream_sequence, sent_by=each.traceparent)
                for each in deliveries
            ]
        )
        failpoint("subscriber.committed")
        await pull.acknowledge(deliveries)
        failpoint("subscriber.acknowledged")

    async def _retry(self, handling: Handling) -> None:
        while going_on():
            if not await handling.retry_due():
                await asyncio.sleep(RETRY_POLL_SECONDS)

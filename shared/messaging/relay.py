"""The relay of one service: numbers what was recorded, then publishes what is numbered. One leads, others stand by.

Numbering needs only PostgreSQL: while the bus is away, the log and its feed go on.
"""

import asyncio

import structlog

from shared.cancellation import going_on, together
from shared.database import Database
from shared.messaging.bell import Bell
from shared.messaging.failpoints import failpoint
from shared.messaging.jetstream import JetStream
from shared.messaging.lease import LEASE_SECONDS, Lease, lead
from shared.messaging.numbering import BATCH, anything_pending, number_pending
from shared.messaging.publishing import Publisher

POLL_SECONDS = 1.0
# Who commits first is numbered at once; commits that follow sooner than this share a transaction, a publication and
# their flushes of the disk.
GATHER_SECONDS = 0.02
log = structlog.get_logger(__name__)


class Relay:
    """Runs in every process of a service; at any time one of them leads."""

    def __init__(
        self, service: str, database: Database, bus: JetStream, bell: Bell, *, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._database = database
        self._bell = bell
        self._publisher = Publisher(service, database, bus, bell)
        self._lease_seconds = lease_seconds

    async def run(self) -> None:
        """Until cancelled. Fails where PostgreSQL does; whoever supervises it starts it again."""
        await lead(self._database, "relay", self._lead, seconds=self._lease_seconds)

    async def _lead(self, lease: Lease) -> None:
        failpoint("relay.leading")
        await together(self._number(lease), self._publisher.run(lease))

    async def _number(self, lease: Lease) -> None:
        loop = asyncio.get_running_loop()
        while going_on():
            rings, begun = self._bell.rings("outbox"), loop.time()
            numbered = await number_pending(self._database, lease)
            if numbered:
                self._bell.ring("event_log")
            if numbered < BATCH:
                await self._until_pending(rings)
                await asyncio.sleep(begun + GATHER_SECONDS - loop.time())

    async def _until_pending(self, rings: int) -> None:
        """A ring says that something is pending; silence says nothing."""
        while going_on() and self._bell.rings("outbox") == rings:
            await self._bell.wait("outbox", after=rings, seconds=POLL_SECONDS)
            if self._bell.rings("outbox") == rings and await anything_pending(self._database):
                return

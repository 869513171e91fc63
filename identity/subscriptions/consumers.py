"""The consumers of subscriptions on the bus: made from the rows at once, and kept as the rows say for ever after."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge

from identity.subscriptions import queries
from identity.subscriptions.commands import judge
from identity.subscriptions.queries import SubscriptionRow
from identity.subscriptions.rules import Make, Remove, followed, settlement
from shared.cancellation import going_on
from shared.database import Database
from shared.errors import Unavailable
from shared.evidence.sharing import SharingPolicy
from shared.messaging.consumers import Consumers, Standing, consumer_of
from shared.messaging.jetstream import BUS_ERRORS, JetStream
from shared.messaging.lease import Lease, lead

EVERY_SECONDS = 30.0
AGAIN_SECONDS = 5.0
LOOK_SECONDS = 1.0
AT_ONCE = 16
# Who asks over HTTP does not wait for a bus that is connected and says nothing.
PATIENCE_SECONDS = 3.0
WAITING = Gauge(
    "onevisit_subscription_lag", "Events that a department's subscription has not acknowledged", ["subscription"]
)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OnBus:
    """How a subscription's consumer stands, None where there is none, and where the stream ends."""

    standing: Standing | None
    end: int


class Keeper:
    """Rows are the truth, consumers follow: missing ones are made, changed ones replaced, others removed.

    Whoever makes a subscription settles its consumer at once; one process of all looks after all of them, at start,
    when the bus was away or left something over, when the sharing rules changed, and every 30 seconds.
    """

    def __init__(self, database: Database, bus: JetStream, sharing: SharingPolicy) -> None:
        self._database = database
        self._bus = bus
        self._sharing = sharing
        self._consumers = Consumers(bus)
        self._left_over = False
        # A department that asks in haste waits for itself, and nobody else for it.
        self._turns = defaultdict[str, asyncio.Lock](asyncio.Lock)

    async def settle(self, row: SubscriptionRow) -> None:
        """This subscription's consumer is as the row says; where the bus does not answer, it will be."""
        if not self._bus.is_connected:
            return
        name = consumer_of(row.department, row.name)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                standing = await self._consumers.find(name)
                await self._act(name, _followed(row), standing, end=await self._consumers.end_of_stream())
        except BUS_ERRORS:
            self._left_over = True

    async def forget(self, department: str, name: str) -> None:
        """The consumer of a subscription that was deleted is gone; where the bus does not answer, it will be."""
        if not self._bus.is_connected:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._consumers.remove(consumer_of(department, name))
        except BUS_ERRORS:
            self._left_over = True

    async def look(self, rows: Sequence[SubscriptionRow]) -> list[OnBus | None]:
        """How each of a department's stands on the bus; None where the bus does not answer."""
        if rows and self._bus.is_connected:
            names = [consumer_of(row.department, row.name) for row in rows]
            with suppress(*BUS_ERRORS):
                async with asyncio.timeout(PATIENCE_SECONDS), self._turns[rows[0].department]:
                    standings = await asyncio.gather(*(self._consumers.find(name) for name in names))
                    end = await self._consumers.end_of_stream()
                    return [OnBus(standing, end) for standing in standings]
        return [None for _ in rows]

    async def run(self) -> None:
        """Keep all consumers whenever this process is the one that does; until cancelled."""
        try:
            await lead(self._database, "subscriptions", self._keep)
        finally:
            WAITING.clear()  # whoever leads now says it

    async def _keep(self, _: Lease) -> None:
        loop = asyncio.get_running_loop()
        kept_for: object = None
        due = 0.0
        while going_on():
            await self._bus.connected()
            now = (self._bus.generation, self._sharing.release)
            if now != kept_for or loop.time() >= due or self._left_over:
                self._left_over = False
                is_done = await self._try_to_keep_all()
                kept_for, due = now, loop.time() + (EVERY_SECONDS if is_done else AGAIN_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    async def _try_to_keep_all(self) -> bool:
        try:
            return await self.keep_all()
        except BUS_ERRORS as error:
            log.warning("consumers not looked after", error=type(error).__name__)
            return False

    async def keep_all(self) -> bool:
        """Every subscription is judged by the rules in force, and every consumer is as its row says; whether all are.

        The bus is asked before the table: a consumer that is in its answer and not in the table is nobody's.
        """
        there = await self._consumers.all()
        _show(there)
        end = await self._consumers.end_of_stream()
        async with self._database.transaction() as conn:
            with suppress(Unavailable):  # before the rules are known, what was judged last holds
                await judge(conn, self._sharing.table)
            rows = await queries.all_with_regions(conn)
        topics = {consumer_of(row.department, row.name): _followed(row) for row in rows}
        at_once = asyncio.Semaphore(AT_ONCE)

        async def settle(name: str) -> bool:
            try:
                async with at_once:
                    await self._act(name, topics.get(name, ()), there.get(name), end=end)
            except BUS_ERRORS as error:
                log.warning("consumer not settled", consumer=name, error=type(error).__name__)
                return False
            return True

        return all(await asyncio.gather(*(settle(name) for name in topics.keys() | there.keys())))

    async def _act(self, name: str, topics: Collection[str], standing: Standing | None, *, end: int) -> None:
        match settlement(topics, standing, end=end):
            case Remove():
                await self._consumers.remove(name)
                log.info("consumer removed", consumer=name)
            case Make() as made:
                if made.instead:
                    await self._consumers.remove(name)
                await self._consumers.make(name, topics=made.topics, after=made.after)
                log.info("consumer made", consumer=name, after=made.after, instead=made.instead)


def _followed(row: SubscriptionRow) -> list[str]:
    return followed(row.topics, row.suspended)


def _show(standings: Mapping[str, Standing]) -> None:
    WAITING.clear()
    for name, standing in standings.items():
        WAITING.labels(name).set(standing.waiting)

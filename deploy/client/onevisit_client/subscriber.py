"""A department's end of the line: every event of its topics, at least once, in order per entity, provably complete."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import uniform
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from onevisit_client.errors import BusUnavailable, EventNotValid, NotAcknowledged, PlatformUnavailable
from onevisit_client.events import Event
from onevisit_client.handing import Desk, HandedEvent
from onevisit_client.inbox import Inbox
from onevisit_client.intake import Effect, Handler, HandlerWithin, Intake, OnAlarm, Retrying
from onevisit_client.platform import Platform
from onevisit_client.reconciliation import IsDue, Reconciliation, always, feed_of, say_nothing
from onevisit_client.roads import BUS_ERRORS, FEED_WAIT_SECONDS, Arrival, Bus, Feed, Road
from onevisit_client.shapes import Report, TopicHead
from onevisit_client.trace import join, leave

Via = Literal["bus", "feed", "auto"]
T = TypeVar("T")

RECONCILE_SECONDS = 60.0
BUS_AGAIN_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
log = logging.getLogger("onevisit_client")


class Subscriber:
    """What the platform promises ends at the handler: at least once, in order per entity, provably complete.

        async with Subscriber(platform, "births", ["evt.certificate.issued.birth-certificate.33.>"], inbox) as events:
            async for event in events:
                ...
                await event.ack()

    or `await Subscriber(...).run(handler)`. An event is acknowledged when its handler returned and the inbox noted
    it; one whose handler raises is tried again, then parked with its entity while others flow. Before an event is
    handed out, everything before it on its topic was. Every `reconcile_seconds` the inbox is compared with the
    platform's heads: what is missing is healed, and what differs is logged and told to `on_alarm`.

    `via`: "bus" is NATS, "feed" long polls through the gateway, "auto" the bus and, while it cannot be reached, the
    feed. It reconnects for as long as it runs; only a refusal (`PlatformRefused`) or a broken inbox ends it. Of two
    subscribers on one inbox the later one does nothing twice, but neither keeps order: run one.
    """

    def __init__(
        self,
        platform: Platform,
        name: str,
        topics: Sequence[str],
        inbox: Inbox,
        *,
        via: Via = "auto",
        retrying: Retrying | None = None,
        on_alarm: OnAlarm = say_nothing,
        on_reconciled: Callable[[Report], Awaitable[object]] | None = None,
        reconcile_seconds: float = RECONCILE_SECONDS,
        feed_wait_seconds: int = FEED_WAIT_SECONDS,
    ) -> None:
        self.name = name
        self.topics = list(topics)
        self._platform = platform
        self._inbox = inbox
        self._via = via
        self._retrying = retrying or Retrying()
        self._on_alarm = on_alarm
        self._on_reconciled = on_reconciled
        self._reconcile_seconds = reconcile_seconds
        self._feed_wait = feed_wait_seconds
        self._stopping = asyncio.Event()
        self._worker: asyncio.Task[Any] | None = None
        self._iterating: asyncio.Task[Any] | None = None
        self._road: Road | None = None
        self._bus_failed = False
        self._through: dict[str, int] = {}

    @property
    def road(self) -> str | None:
        """On which way events come now: "bus" or "feed"; None while there is none."""
        return None if self._road is None else self._road.name

    async def run(self, handler: Handler) -> None:
        """Hand every event to `handler` until stopped. Its effect must bear repetition: after a crash between the
        effect and the note in the inbox, the event comes again.
        """
        await self._work(Effect(self._inbox, handler=handler))

    async def run_within(self, handler: HandlerWithin) -> None:
        """Hand every event to `handler(event, transaction)`: what it writes with the inbox's transaction and the note
        that it did are one, so that both are there or neither.
        """
        await self._work(Effect(self._inbox, within=handler))

    async def __aiter__(self) -> AsyncGenerator[HandedEvent]:
        """Every event, one in hand at a time, until stopped. Each wants an answer: `await event.ack()`."""
        desk = Desk(self._inbox)
        self._iterating = asyncio.current_task()
        worker = asyncio.create_task(self._work(desk.apply))
        try:
            while (event := await desk.next(worker)) is not None:
                join(event)
                yield event
                if not event.hand.answer.done():
                    raise NotAcknowledged(f"answer event {event.id} before asking for the next: await event.ack()")
        finally:
            self._iterating = None
            leave()
            self._stopping.set()
            # What nobody answers any more comes again.
            if not desk.is_idle:
                worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    async def stop(self) -> None:
        """What is in hand is finished and acknowledged; nothing new is taken. Returns when that is so, or at once
        where it is called by whoever has the event in hand.
        """
        self._stopping.set()
        current = asyncio.current_task()
        if self._worker is not None and current is not self._worker and current is not self._iterating:
            await asyncio.wait({self._worker})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        leave()
        if self._worker is not None and self._worker is not asyncio.current_task():
            # The loop was left: an event that is still in hand comes again.
            if self._iterating is not None:
                self._worker.cancel()
            await asyncio.wait({self._worker})

    async def _work(self, apply: Callable[[Event], Awaitable[None]]) -> None:
        if self._worker is not None:
            raise RuntimeError("this subscriber runs already")
        self._worker = asyncio.current_task()
        self._reconcile_at = asyncio.get_running_loop().time() + self._reconcile_seconds
        intake = Intake(
            self._inbox,
            self.topics,
            feed_of(self._platform),
            apply,
            self._on_alarm,
            self._retrying,
            self._stopping.is_set,
        )
        pauses = 0
        try:
            while not self._stopping.is_set():
                try:
                    if await self._along_a_road(intake):
                        pauses = 0
                except (PlatformUnavailable, *BUS_ERRORS) as error:
                    log.warning("%s: interrupted: %r", self.name, error)
                    await self._pause(error, pauses)
                    pauses += 1
        finally:
            self._worker = None

    async def _along_a_road(self, intake: Intake) -> bool:
        """One session, to its end; answers whether anything came of it."""
        road = await self._unless_stopped(self._open())
        if road is None:
            return False
        self._road = road
        log.info("%s: events come by the %s", self.name, road.name)
        try:
            return await self._travel(road, intake)
        finally:
            self._road = None
            await road.close()

    async def _open(self) -> Road:
        now = asyncio.get_running_loop().time()
        if self._via == "feed" or (self._via == "auto" and self._bus_failed):
            until = float("inf") if self._via == "feed" else now + BUS_AGAIN_SECONDS
            self._bus_failed = False
            return Feed(self._platform, self._inbox, self.topics, until=until, wait=self._feed_wait)
        # Until it has shown that it works.
        self._bus_failed = True
        subscription = await self._platform.subscribe(self.name, self.topics)
        return await Bus.open(self._platform, subscription, name=f"{self.name} (onevisit-client)")

    async def _travel(self, road: Road, intake: Intake) -> bool:
        fruitful = idle = False
        if road.is_disordered:
            await self._reconcile(intake)
        while not (self._stopping.is_set() or road.expired):
            if await self._reconcile_if_due(intake, idle=idle) and road.name == "bus":
                raise BusUnavailable("what the bus should have brought had to be healed")
            retried = await intake.retry_due()
            soon = datetime.now(UTC) + timedelta(seconds=self._feed_wait)
            patient = not retried and not await self._inbox.due(at=soon, limit=1)
            arrivals = await self._unless_stopped(road.arrivals(patient=patient))
            if arrivals is None:
                break
            for arrival in arrivals:
                await self._take(arrival, intake)
            await road.settle(complete=not self._stopping.is_set())
            # The bus works: it answered a request, with events or without.
            self._bus_failed = self._bus_failed and road.name != "bus"
            idle = not arrivals
            fruitful = True
        return fruitful

    async def _take(self, arrival: Arrival, intake: Intake) -> None:
        if self._stopping.is_set():
            return
        event = arrival.event
        if isinstance(event, EventNotValid):
            # Whatever it was meant to be is missing in its topic, and is healed from the feed.
            await intake.alarm("not-an-event", "", "", 0, str(event))
            await arrival.acknowledge()
            return
        if await intake.take(event):
            self._through[event.source] = max(event.position, self._through.get(event.source, 0))
            await arrival.acknowledge()

    async def _reconcile_if_due(self, intake: Intake, *, idle: bool) -> bool:
        """Whether something had to be healed."""
        now = asyncio.get_running_loop().time()
        if now < self._reconcile_at:
            return False
        self._reconcile_at = now + self._reconcile_seconds

        def is_due(head: TopicHead) -> bool:
            # A source's events come in the order of their positions: what a later one has passed comes no more.
            return idle or head.position <= self._through.get(head.source, 0)

        try:
            return await self._reconcile(intake, is_due)
        except PlatformUnavailable as error:
            log.warning("%s: not reconciled: %r", self.name, error)
            return False

    async def _reconcile(self, intake: Intake, is_due: IsDue = always) -> bool:
        report = await Reconciliation(self._platform, intake).run(is_due=is_due)
        for gap in report.healed:
            log.warning("%s: healed from the feed: %s", self.name, gap)
        if self._on_reconciled is not None:
            await self._on_reconciled(report)
        return bool(report.healed)

    async def _pause(self, error: Exception, pauses: int) -> None:
        if self._via == "auto" and self._bus_failed:
            return  # the feed is tried at once
        seconds = min(FIRST_PAUSE_SECONDS * 2 ** min(pauses, 10), LONGEST_PAUSE_SECONDS)
        told = getattr(error, "retry_after", None) or 0.0
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), max(told, uniform(seconds / 2, seconds)))  # noqa: S311

    async def _unless_stopped(self, coming: Coroutine[Any, Any, T]) -> T | None:
        """What comes, or None if the subscriber is stopped before."""
        task, stopped = asyncio.create_task(coming), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for each in (task, stopped):
                each.cancel()
            await asyncio.gather(task, stopped, return_exceptions=True)

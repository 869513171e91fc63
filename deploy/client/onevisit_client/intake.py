"""What happens to an event that came, on whichever road: dropped as a duplicate, preceded by what is missing, handed
out, or set aside with its entity.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import uniform
from typing import Any

from onevisit_client.errors import AlreadyApplied, Park, PlatformUnavailable
from onevisit_client.events import Event
from onevisit_client.healing import Healing, ReadFeed
from onevisit_client.inbox import Inbox
from onevisit_client.shapes import Alarm, AlarmKind, Gap
from onevisit_client.trace import within

# A handler is given the event, or the event and what the inbox's transaction writes with.
Handler = Callable[[Event], Awaitable[object]]
HandlerWithin = Callable[[Event, Any], Awaitable[object]]
OnAlarm = Callable[[Alarm], Awaitable[object]]

RETRIES_AT_ONCE = 50
log = logging.getLogger("onevisit_client")


@dataclass(frozen=True, slots=True)
class Retrying:
    """An event whose handler fails is tried again after 1 s, 2 s, 4 s, ... (half of it by chance), then parked."""

    attempts: int = 8
    first_seconds: float = 1.0
    most_seconds: float = 300.0

    def next_at(self, attempts: int) -> datetime | None:
        """When to try again after so many attempts; None: it is parked."""
        if attempts >= self.attempts:
            return None
        seconds = min(self.first_seconds * 2 ** (attempts - 1), self.most_seconds)
        return datetime.now(UTC) + timedelta(seconds=uniform(seconds / 2, seconds))  # noqa: S311 - no secret


class Effect:
    """A handler, and how its effect and the inbox's note belong together."""

    def __init__(self, inbox: Inbox, *, handler: Handler | None = None, within: HandlerWithin | None = None) -> None:
        self._inbox = inbox
        self._handler = handler
        self._within = within

    async def __call__(self, event: Event) -> None:
        """The event had its effect and is noted. Raises `HandlerFailed` where the handler raised, and nothing holds."""
        if self._handler is not None:
            await _guarded(event, self._handler(event))
        async with self._inbox.applying(event) as transaction:
            if self._within is not None:
                await _guarded(event, self._within(event, transaction))


class HandlerFailed(Exception):
    """A handler raised; why is its cause."""

    @property
    def kind(self) -> str:
        """What was raised."""
        return type(self.__cause__).__name__

    @property
    def reason(self) -> str:
        """The same with what it said, for whoever looks at what is parked."""
        return repr(self.__cause__)[:500]


async def _guarded(event: Event, effect: Awaitable[object]) -> None:
    try:
        with within(event):
            await effect
    except Exception as error:
        raise HandlerFailed from error


@dataclass(slots=True)
class Intake:
    """The one path of every event into the inbox.

    `apply` is what happens to an event whose turn it is; None: it is put into the inbox, due at once, for the
    subscriber to hand out.
    """

    inbox: Inbox
    topics: Sequence[str]
    read_feed: ReadFeed
    apply: Callable[[Event], Awaitable[None]] | None
    on_alarm: OnAlarm
    retrying: Retrying = field(default_factory=Retrying)
    stopping: Callable[[], bool] = lambda: False

    async def take(self, event: Event) -> bool:
        """True: the event is held, now or from before: it had its effect, or waits with its entity.

        False: something before it is missing here and is not in the feed either, or this subscriber is stopping.
        """
        held = (await self.inbox.head(event.source, event.topic)).sequence
        if event.sequence > held + 1:
            missing = Gap(event.source, event.topic, held + 1, event.sequence - 1)
            log.warning("a gap: %s", missing)
            healing = self._healing()
            await healing.before(event)
            if not await self._is_closed(missing, healing):
                return False
            held = (await self.inbox.head(event.source, event.topic)).sequence
        if event.sequence <= held:
            await self._recognise(event)
            return True
        await self._admit(event)
        return True

    async def heal(self, gaps: Collection[Gap]) -> list[Gap]:
        """What is missing is read from the feed and takes its turn; answers what was healed of each gap."""
        healing = self._healing()
        if gaps:
            await healing.close(gaps)
        healed = []
        for gap in gaps:
            reached = min((await self.inbox.head(gap.source, gap.topic)).sequence, gap.last)
            if reached >= gap.first:
                healed.append(Gap(gap.source, gap.topic, gap.first, reached))
            await self._is_closed(gap, healing)
        return healed

    async def retry_due(self) -> bool:
        """What waits and whose time has come is tried again, the first of each entity; answers whether any was."""
        due = await self.inbox.due(at=datetime.now(UTC), limit=RETRIES_AT_ONCE)
        for waiting in due:
            if self.stopping():
                break
            await self._try(waiting.event, attempts=waiting.attempts + 1)
        return bool(due)

    async def alarm(self, kind: AlarmKind, source: str, topic: str, sequence: int, detail: str = "") -> Alarm:
        """Say aloud what must not be."""
        alarm = Alarm(kind, source, topic, sequence, detail)
        log.error("alarm: %s", alarm)
        await self.on_alarm(alarm)
        return alarm

    def _healing(self) -> Healing:
        return Healing(self.inbox, self.topics, self.read_feed, admit=self._admit, stopping=self.stopping)

    async def _is_closed(self, gap: Gap, healing: Healing) -> bool:
        """What the feed does not have is an alarm, unless its source does not answer: then it is to be asked again."""
        held = (await self.inbox.head(gap.source, gap.topic)).sequence
        if held >= gap.last or self.stopping():
            return held >= gap.last
        if gap.source.removeprefix("/") in healing.silent:
            raise PlatformUnavailable(f"{gap.source} does not answer, and {gap} is missing")
        await self.alarm("missing-at-platform", gap.source, gap.topic, held + 1)
        return False

    async def _admit(self, event: Event) -> None:
        """It is this event's turn in its topic; in its entity it may have to wait."""
        if self.apply is None or await self.inbox.is_blocked(event.source, event.subject):
            await self.inbox.set_aside(event)
        else:
            await self._try(event, attempts=1)

    async def _try(self, event: Event, *, attempts: int) -> None:
        assert self.apply is not None
        try:
            await self.apply(event)
        except AlreadyApplied:
            log.warning("event %s was applied by another process", event.id)
        except HandlerFailed as failure:
            hopeless = isinstance(failure.__cause__, Park)
            retry_at = None if hopeless else self.retrying.next_at(attempts)
            told = "parked" if retry_at is None else f"to be tried again at {retry_at:%H:%M:%S} UTC"
            # What a handler says may be about people: that is for the inbox, not for a log.
            log.warning("event %s failed (attempt %d: %s), %s", event.id, attempts, failure.kind, told)
            await self.inbox.set_aside(event, reason=failure.reason, retry_at=retry_at)

    async def _recognise(self, event: Event) -> None:
        """A duplicate is dropped; another event under a number that is taken is no duplicate."""
        recorded = await self.inbox.recorded(event.source, event.topic, event.sequence)
        if recorded is not None and recorded[0] != event.id:
            detail = f"{event.id} came where {recorded[0]} is held"
            await self.alarm("id-differs", event.source, event.topic, event.sequence, detail)

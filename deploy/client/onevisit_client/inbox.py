"""What a subscriber remembers, so that an event has its effect once, in order, and none is missed."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from onevisit_client.chain import GENESIS
from onevisit_client.events import Event


@dataclass(frozen=True, slots=True)
class Head:
    """How far a topic of a source is held without a gap, and the running hash over all of that."""

    sequence: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that the inbox holds and that had no effect yet: it failed, or stands behind one that failed.

    `retry_at` None after an attempt: it is parked until somebody redrives or skips it.
    """

    event: Event
    attempts: int
    reason: str | None
    retry_at: datetime | None
    since: datetime

    @property
    def parked(self) -> bool:
        """Whether it waits for a person."""
        return self.attempts > 0 and self.retry_at is None


class Inbox(Protocol):
    """A department's own store of what it received. `SqliteInbox` is one; where effects are in another database, an
    inbox in that database makes effect and note one transaction.
    """

    async def head(self, source: str, topic: str) -> Head:
        """How far this topic is held; sequence 0 where nothing is."""

    async def heads(self) -> Mapping[tuple[str, str], Head]:
        """The same of every (source, topic)."""

    async def recorded(self, source: str, topic: str, sequence: int) -> tuple[str, bytes] | None:
        """Id and running hash of an event that is held; None if that was not kept."""

    def applying(self, event: Event) -> AbstractAsyncContextManager[Any]:
        """A transaction that notes the event as done when it commits; the value is what an effect writes with.

        Raises `AlreadyApplied`, and undoes everything, unless the event is the next of its topic or is waiting.
        """

    async def set_aside(self, event: Event, *, reason: str | None = None, retry_at: datetime | None = None) -> None:
        """The event is held and waits: until `retry_at`, for a person (None), or behind its entity (no reason).

        For one that waits already it is one attempt more.
        """

    async def is_blocked(self, source: str, subject: str) -> bool:
        """Whether an event of this entity waits."""

    async def due(self, *, at: datetime, limit: int) -> Sequence[Waiting]:
        """The first waiting event of each entity, where its time has come."""

    async def waiting(self) -> Sequence[Waiting]:
        """All that waits, each entity's in order."""

    async def redrive(self, *, subject: str | None = None) -> int:
        """What is parked is tried again, an entity's events in their order; answers how many were parked."""

    async def cursor(self, name: str) -> str | None:
        """Where reading the feed goes on."""

    async def save_cursor(self, name: str, cursor: str) -> None:
        """Remember where reading the feed goes on."""

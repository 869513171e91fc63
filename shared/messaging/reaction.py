"""What a consumer does about an event, and the two ways in which it can fail."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import tracing
from shared.messaging.envelope import DataT, Event
from shared.telemetry import traceparent

PreparedT = TypeVar("PreparedT")
MAX_ATTEMPTS = 8
MAX_DELAY_SECONDS = 60.0


class Retry(Exception):
    """Not now: something that this needs is away. Tried again for as long as it takes."""


class Poison(Exception):
    """Never: a person must look at it."""


@dataclass(frozen=True, slots=True)
class Reaction(Generic[DataT, PreparedT]):
    """`handle(conn, event, prepared)` makes the change, in the transaction of the inbox.

    What needs the network is done before, in `prepare(event)`, outside any transaction; its answer is `prepared`.
    `topics` narrows the event's own filter.
    """

    contract: type[DataT]
    handle: Callable[[AsyncConnection, Event[DataT], PreparedT], Awaitable[None]]
    prepare: Callable[[Event[DataT]], Awaitable[PreparedT]] | None = None
    topics: tuple[str, ...] = ()

    @property
    def filters(self) -> tuple[str, ...]:
        """The topics that this listens to."""
        return self.topics or (self.contract.filter(),)

    async def handle_all(self, conn: AsyncConnection, events: Sequence[tuple[Event[DataT], PreparedT]]) -> None:
        """One after the other, each in the trace that it belongs to."""
        for event, prepared in events:
            traceparent.set(event.traceparent)
            with tracing.span("handle", "consumer", event.type):
                await self.handle(conn, event, prepared)


@dataclass(frozen=True, slots=True)
class Projection(Generic[DataT]):
    """For effects that are rows and nothing else: `note(conn, events)` makes those of many events in one statement.

    It is given events that stand next to each other, in their order; where one fails, each is given alone.
    """

    contract: type[DataT]
    note: Callable[[AsyncConnection, Sequence[Event[DataT]]], Awaitable[None]]
    topics: tuple[str, ...] = ()
    prepare: ClassVar[None] = None

    @property
    def filters(self) -> tuple[str, ...]:
        """The topics that this listens to."""
        return self.topics or (self.contract.filter(),)

    async def handle_all(self, conn: AsyncConnection, events: Sequence[tuple[Event[DataT], None]]) -> None:
        """All at once, and what is done in no trace: they come of many."""
        traceparent.set(None)
        with tracing.handling([(event.type, event.traceparent) for event, _ in events]):
            await self.note(conn, [event for event, _ in events])


AnyReaction = Reaction[Any, Any] | Projection[Any]


def retry_seconds(error: BaseException, *, attempts: int) -> float | None:
    """How long to wait after so many attempts; None where a person is needed."""
    if isinstance(error, Poison) or (attempts >= MAX_ATTEMPTS and not isinstance(error, Retry)):
        return None
    # What failed together shall not come back together, upon a neighbour that has just recovered.
    return min(MAX_DELAY_SECONDS, 2.0 ** (attempts - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def reason_of(error: BaseException) -> str:
    """For operators. Of an unforeseen error only its kind: its text may hold what was in the event."""
    kind = type(error).__name__
    return f"{kind}: {error}"[:500] if isinstance(error, Retry | Poison) else kind

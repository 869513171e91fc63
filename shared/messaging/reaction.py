"""What a consumer does about an event, and the two ways in which it can fail."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.envelope import DataT, Event

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


AnyReaction = Reaction[Any, Any]


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

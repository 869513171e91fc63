"""The iterator form: one event in hand at a time, answered by whoever iterates."""

import asyncio
from dataclasses import dataclass, field, fields
from typing import Self

from onevisit_client.errors import AlreadyApplied, NotAcknowledged, Park
from onevisit_client.events import Event
from onevisit_client.inbox import Inbox
from onevisit_client.intake import Effect, HandlerFailed


class Failed(Exception):
    """Whoever iterates could not do it."""


class Hand:
    """What becomes of one event that was handed out."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[None] = loop.create_future()
        self.settled: asyncio.Future[None] = loop.create_future()

    async def done(self, failure: Exception | None) -> None:
        """Returns when the inbox noted the answer."""
        if self.answer.done():
            raise NotAcknowledged("this event was answered before, or taken back")
        if failure is None:
            self.answer.set_result(None)
        else:
            self.answer.set_exception(failure)
        await self.settled


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedEvent(Event):
    """An event in the hands of whoever iterates. It is to be answered before the next one is asked for."""

    hand: Hand = field(repr=False, compare=False)

    @classmethod
    def to(cls, hand: Hand, event: Event) -> Self:
        """The same event, with a way to answer."""
        return cls(hand=hand, **{each.name: getattr(event, each.name) for each in fields(Event)})

    async def ack(self) -> None:
        """It had its effect. When this returns the inbox has noted it, and it does not come again."""
        await self.hand.done(None)

    async def fail(self, reason: str) -> None:
        """It comes again after a while, and is parked in the end; later events of its entity wait."""
        await self.hand.done(Failed(reason))

    async def park(self, reason: str) -> None:
        """It waits for a person, and later events of its entity behind it."""
        await self.hand.done(Park(reason))


class Desk:
    """Where the subscriber lays down an event, and whoever iterates takes it up."""

    def __init__(self, inbox: Inbox) -> None:
        self._effect = Effect(inbox, handler=self._offer)
        self._laid_down: asyncio.Queue[HandedEvent] = asyncio.Queue()
        self._hand: Hand | None = None

    async def apply(self, event: Event) -> None:
        """What the subscriber does with an event whose turn it is."""
        hand = self._hand = Hand()
        hand.settled.add_done_callback(_seen)
        try:
            await self._effect(event)
        except (HandlerFailed, AlreadyApplied):
            hand.settled.set_result(None)
            raise
        except BaseException as error:
            hand.settled.set_exception(error if isinstance(error, Exception) else NotAcknowledged("stopped before"))
            raise
        hand.settled.set_result(None)

    async def next(self, worker: "asyncio.Task[None]") -> HandedEvent | None:
        """The next event; None when the subscriber stopped. Raises what ended it otherwise."""
        taking = asyncio.create_task(self._laid_down.get())
        try:
            await asyncio.wait({taking, worker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            taking.cancel()
        if taking.done() and not taking.cancelled():
            return taking.result()
        await worker
        return None

    @property
    def is_idle(self) -> bool:
        """Whether no event waits for an answer."""
        return self._hand is None or self._hand.settled.done()

    async def _offer(self, event: Event) -> None:
        assert self._hand is not None
        self._laid_down.put_nowait(HandedEvent.to(self._hand, event))
        await self._hand.answer


def _seen(settled: "asyncio.Future[None]") -> None:
    """Whoever iterates may be gone; then nobody is left to be told."""
    if not settled.cancelled():
        settled.exception()

"""A batch of events becomes one transaction of effects; where one fails, each becomes its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import tracing
from shared.database import Database
from shared.messaging import inbox
from shared.messaging.envelope import Event, event_of
from shared.messaging.failpoints import failpoint
from shared.messaging.inbox import Waiting
from shared.messaging.lease import Lease, LeaseLost
from shared.messaging.measures import HANDLED
from shared.messaging.reaction import AnyReaction, Poison, reason_of, retry_seconds
from shared.telemetry import traceparent

PARALLEL_PREPARATIONS = 16
RETRIES_AT_ONCE = 50
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as far as it could be read. Without a reaction it is of no concern here."""

    waiting: Waiting
    reaction: AnyReaction | None = None
    event: Event[Any] | None = None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Preparation:
    """What `prepare` answered, or why it could not."""

    value: Any = None
    error: Exception | None = None


UNPREPARED = Preparation()


def read(
    body: bytes, reactions: Mapping[str, AnyReaction], *, stream_sequence: int = 0, sent_by: str | None = None
) -> Incoming:
    """Whatever came. What is no envelope at all is known by its place in the stream. `sent_by`: the span that sent it,
    of which its handling is then a part.
    """
    try:
        raw = orjson.loads(body)
        waiting = Waiting(UUID(raw["id"]), UUID(raw["subject"]), int(raw["position"]), body)
        reaction = reactions.get(raw["type"])
    except (ValueError, KeyError, TypeError, AttributeError):
        log.exception("not an event", stream_sequence=stream_sequence)
        place = uuid5(NAMESPACE_OID, f"stream:{stream_sequence}")
        return Incoming(Waiting(place, place, stream_sequence, body), readable=False)
    if reaction is None:
        return Incoming(waiting)
    try:
        event = event_of(raw, reaction.contract)
        return Incoming(waiting, reaction, replace(event, traceparent=sent_by) if sent_by else event)
    except ValueError:
        return Incoming(waiting, reaction, readable=False)


class Handling:
    """What one consumer does with events while it leads."""

    def __init__(
        self, database: Database, *, consumer: str, reactions: Mapping[str, AnyReaction], lease: Lease
    ) -> None:
        self._database = database
        self._consumer = consumer
        self._reactions = reactions
        self._lease = lease

    async def process(self, batch: Sequence[Incoming]) -> None:
        """Each event had its effect, now or before, or is parked."""
        fresh = await self._fresh(batch)
        if not fresh:
            return
        prepared = await self._prepare(fresh)
        HANDLED.labels(self._consumer).inc(len(fresh))
        failpoint("subscriber.prepared")
        try:
            await self._together(fresh, prepared)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises concerns its own event only
            log.info("batch taken apart", consumer=self._consumer, error=reason_of(error))
            for one in fresh:
                await self._alone(one, prepared[one.waiting.event_id])

    async def retry_due(self) -> int:
        """Parked events whose time has come are tried again, the first of each entity; answers how many were."""
        async with self._database.read() as conn:
            rows = await inbox.list_due(conn, consumer=self._consumer, limit=RETRIES_AT_ONCE)
        batch = [read(row.envelope.encode(), self._reactions, stream_sequence=row.position) for row in rows]
        prepared = await self._prepare(batch)
        for row, one in zip(rows, batch, strict=True):
            await self._again(one, prepared[row.event_id], attempts=row.attempts + 1)
        return len(rows)

    async def _fresh(self, batch: Sequence[Incoming]) -> list[Incoming]:
        by_id = {one.waiting.event_id: one for one in batch}
        async with self._database.read() as conn:
            known = await inbox.list_known(conn, consumer=self._consumer, event_ids=list(by_id))
        return [one for event_id, one in by_id.items() if event_id not in known]

    async def _prepare(self, batch: Sequence[Incoming]) -> dict[UUID, Preparation]:
        slots = asyncio.Semaphore(PARALLEL_PREPARATIONS)
        prepared = {
            one.waiting.event_id: UNPREPARED if one.readable else Preparation(error=Poison("cannot be read"))
            for one in batch
        }

        async def prepare(one: Incoming, how: Callable[[Any], Awaitable[Any]], event: Event[Any]) -> None:
            traceparent.set(event.traceparent)
            async with slots:
                try:
                    with tracing.span("prepare", "consumer", event.type):
                        prepared[one.waiting.event_id] = Preparation(value=await how(event))
                except Exception as error:  # noqa: BLE001 - judged where the event is handled
                    prepared[one.waiting.event_id] = Preparation(error=error)

        await asyncio.gather(
            *(
                prepare(one, one.reaction.prepare, one.event)
                for one in batch
                if one.event is not None and one.reaction is not None and one.reaction.prepare is not None
            )
        )
        return prepared

    async def _together(self, batch: Sequence[Incoming], prepared: Mapping[UUID, Preparation]) -> None:
        async with self._database.transaction() as conn:
            await self._lease.fence(conn)
            blocked = await inbox.list_blocked(
                conn, consumer=self._consumer, subjects=[one.waiting.subject for one in batch]
            )
            for one in batch:
                if one.waiting.subject in blocked:
                    await self._park_behind(conn, one)
            clear = [one for one in batch if one.waiting.subject not in blocked]
            await self._handle(conn, clear, prepared)
            await inbox.mark_done(conn, consumer=self._consumer, event_ids=[one.waiting.event_id for one in clear])
            failpoint("subscriber.handled")

    async def _alone(self, one: Incoming, preparation: Preparation) -> None:
        try:
            await self._together([one], {one.waiting.event_id: preparation})
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises concerns its own event only
            log.warning("event parked", **self._naming(one), reason=reason_of(error))
            async with self._database.transaction() as conn:
                await self._lease.fence(conn)
                delay = retry_seconds(error, attempts=1)
                await inbox.park(
                    conn, one.waiting, consumer=self._consumer, reason=reason_of(error), retry_seconds=delay
                )

    async def _again(self, one: Incoming, preparation: Preparation, *, attempts: int) -> None:
        event_id = one.waiting.event_id
        try:
            async with self._database.transaction() as conn:
                await self._lease.fence(conn)
                await self._handle(conn, [one], {event_id: preparation})
                await inbox.release(conn, consumer=self._consumer, event_id=event_id)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises concerns its own event only
            log.warning("event failed again", **self._naming(one), attempts=attempts, reason=reason_of(error))
            async with self._database.transaction() as conn:
                await self._lease.fence(conn)
                delay = retry_seconds(error, attempts=attempts)
                await inbox.postpone(
                    conn, consumer=self._consumer, event_id=event_id, reason=reason_of(error), retry_seconds=delay
                )

    async def _handle(
        self, conn: AsyncConnection, batch: Sequence[Incoming], prepared: Mapping[UUID, Preparation]
    ) -> None:
        """In order; neighbours of one reaction together."""
        for reaction, neighbours in groupby(batch, key=lambda one: one.reaction):
            events = []
            for one in neighbours:
                preparation = prepared[one.waiting.event_id]
                if preparation.error is not None:
                    raise preparation.error
                events.append((one.event, preparation.value))
            if reaction is not None:
                await reaction.handle_all(conn, events)

    async def _park_behind(self, conn: AsyncConnection, one: Incoming) -> None:
        await inbox.park(conn, one.waiting, consumer=self._consumer, reason=None, retry_seconds=None)

    def _naming(self, one: Incoming) -> dict[str, str]:
        return {"consumer": self._consumer, "event_id": str(one.waiting.event_id), "subject": str(one.waiting.subject)}

"""The log goes out on the bus, in order. What the bus does not hold, it is given again, without an operator.

The stream is compared with the watermark on every connection and now and then; `published_through` falls to what the
stream holds. Each time a new epoch begins: the bus may answer "duplicate" for an id that it has forgotten to store.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import Row, text

from shared import tracing
from shared.cancellation import going_on
from shared.database import Database
from shared.messaging.bell import Bell
from shared.messaging.envelope import Envelope
from shared.messaging.failpoints import failpoint
from shared.messaging.jetstream import BUS_ERRORS, JetStream, Message, NotStored
from shared.messaging.lease import Lease, LeaseLost
from shared.messaging.measures import PUBLISHED

BATCH = 500
BATCH_BYTES = 4 * 1024 * 1024
POLL_SECONDS = 1.0
COMPARE_SECONDS = 10.0
LOOK_BACK = 1000
_AHEAD = "the stream has events that the database does not know; nothing is published until it is emptied"
log = structlog.get_logger(__name__)


class Watermark(NamedTuple):
    """How far the stream holds our events: the last one's position, where the stream has it, under which id."""

    position: int
    stream_sequence: int = 0
    message_id: str = ""


NOTHING = Watermark(0)


class StreamAhead(NotStored):
    """The stream has events of ours that the log has not: the database was put back to an earlier moment, the bus was
    not. Whoever goes on gives their numbers to other events. Once the bus is empty, all is published again.
    """


@dataclass(frozen=True, slots=True)
class Session:
    """One comparison with the stream, and what may be published on its strength."""

    generation: int
    epoch: int


class Publisher:
    """Publishes the log of one service while its process leads."""

    def __init__(self, service: str, database: Database, bus: JetStream, bell: Bell) -> None:
        self._service = service
        self._database = database
        self._bus = bus
        self._bell = bell
        # Whatever else is in the stream has an id of another form, or none.
        self._ours = re.compile(rf"{re.escape(service)}:[0-9]+:(?P<position>[0-9]+)")

    async def run(self, lease: Lease) -> None:
        """Until cancelled, or `LeaseLost`. While the bus is away, or knows more than the log, it waits."""
        compared = False
        while going_on():
            generation = await self._bus.connected()
            try:
                # Nobody puts a database back under a leader: its lease would be another's.
                if not compared:
                    await self._refuse_ahead()
                    compared = True
                session, watermark = await self._begin(lease, generation)
                await self._publish_all(session, watermark)
            except StreamAhead:
                # The trace says nothing more.
                log.error(_AHEAD)  # noqa: TRY400
                await asyncio.sleep(COMPARE_SECONDS)
            except BUS_ERRORS as error:
                log.warning("publishing interrupted", error=repr(error))
                await asyncio.sleep(POLL_SECONDS)

    async def _begin(self, lease: Lease, generation: int) -> tuple[Session, Watermark]:
        """A new epoch, with the watermark no higher than what the stream holds."""
        stream = await self._bus.ensure_stream()
        async with self._database.read() as conn:
            state = (await conn.execute(_STATE)).one()
        held = await self._held(state, stream)
        failpoint("publishing.compared")
        async with self._database.transaction() as conn:
            await lease.fence(conn)
            epoch = (await conn.execute(_LOWER, {"stream": stream, **held._asdict()})).scalar_one()
        failpoint("publishing.lowered")
        if held.position < state.published_through:
            log.warning("the stream lost events", had=state.published_through, has=held.position)
        return Session(generation, epoch), held

    async def _held(self, state: Row[tuple[object, ...]], stream: str) -> Watermark:
        known = Watermark(state.published_through, state.stream_sequence, state.message_id)
        if state.stream != stream or known.position == 0:
            return NOTHING
        if await self._bus.message_id(known.stream_sequence) == known.message_id:
            return known
        return await self._last_of_ours()

    async def _refuse_ahead(self) -> None:
        """What the stream has of ours was numbered before it was sent, and so is in the log."""
        await self._bus.ensure_stream()
        latest = await self._last_of_ours()
        if latest == NOTHING:
            return
        event_id = await self._bus.event_id(latest.stream_sequence)
        async with self._database.read() as conn:
            logged = (await conn.execute(_LOGGED, {"position": latest.position})).scalar()
        if event_id != str(logged):
            raise StreamAhead

    async def _last_of_ours(self) -> Watermark:
        """Our last event in the stream. Found by looking back, for others publish here too; not found soon, it counts
        as if there were none.
        """
        last = await self._bus.last_sequence()
        for sequence in range(last, max(last - LOOK_BACK, 0), -1):
            message_id = await self._bus.message_id(sequence) or ""
            if ours := self._ours.fullmatch(message_id):
                return Watermark(int(ours["position"]), sequence, message_id)
        return NOTHING

    async def _publish_all(self, session: Session, watermark: Watermark) -> None:
        loop = asyncio.get_running_loop()
        compare_at = loop.time() + COMPARE_SECONDS
        while going_on():
            rings = self._bell.rings("event_log")
            rows = await self._read(after=watermark.position)
            failpoint("publishing.read")
            if rows:
                watermark = await self._publish(rows, session)
            else:
                await self._bell.wait("event_log", after=rings, seconds=POLL_SECONDS)
            if self._bus.generation != session.generation:
                raise NotStored
            if loop.time() > compare_at:
                await self._compare()
                compare_at = loop.time() + COMPARE_SECONDS

    async def _compare(self) -> None:
        async with self._database.read() as conn:
            state = (await conn.execute(_STATE)).one()
        known = Watermark(state.published_through, state.stream_sequence, state.message_id)
        if await self._held(state, await self._bus.ensure_stream()) != known:
            raise NotStored

    async def _read(self, *, after: int) -> Sequence[Row[tuple[object, ...]]]:
        async with self._database.read() as conn:
            rows = (await conn.execute(_READ, {"after": after, "limit": BATCH})).all()
        size = 0
        for count, row in enumerate(rows):
            size += len(row.data)
            if size > BATCH_BYTES:
                return rows[:count]
        return rows

    async def _publish(self, rows: Sequence[Row[tuple[object, ...]]], session: Session) -> Watermark:
        with tracing.sending([(row.type, row.traceparent) for row in rows]) as traces:
            messages = [
                self._message(row, session.epoch, trace=trace) for row, trace in zip(rows, traces, strict=False)
            ]
            stored = await self._bus.publish(messages, generation=session.generation)
        failpoint("publishing.sent")
        watermark = Watermark(rows[-1].position, stored, messages[-1].id)
        async with self._database.single() as conn:
            parameters = {"epoch": session.epoch, **watermark._asdict()}
            # The epoch is the fence: whoever leads after us has begun another one.
            if (await conn.execute(_ADVANCE, parameters)).first() is None:
                raise LeaseLost("publishing")
        failpoint("publishing.advanced")
        PUBLISHED.labels(self._service).inc(len(rows))
        return watermark

    def _message(self, row: Row[tuple[object, ...]], epoch: int, *, trace: str | None) -> Message:
        envelope = envelope_of(row, service=self._service)
        return Message(row.topic, f"{self._service}:{epoch}:{row.position}", envelope.to_json(), traceparent=trace)


def envelope_of(row: Row[tuple[object, ...]], *, service: str) -> Envelope:
    """The envelope of a row of the log."""
    return Envelope(
        id=row.event_id,
        source=f"/{service}",
        type=row.type,
        topic=row.topic,
        subject=row.subject,
        time=row.occurred_at,
        entityversion=row.version,
        position=row.position,
        sequence=row.sequence,
        data=row.data,
        traceparent=row.traceparent,
    )


_STATE = text("SELECT * FROM relay_state")
_LOGGED = text("SELECT event_id FROM event_log WHERE position = :position")
_READ = text("SELECT * FROM event_log WHERE position > :after ORDER BY position LIMIT :limit")
_LOWER = text("""
UPDATE relay_state
SET epoch = epoch + 1, stream = :stream, published_through = :position, stream_sequence = :stream_sequence,
    message_id = :message_id
RETURNING epoch
""")
# Not flushed: a watermark that falls back with the power only has some events published again.
_ADVANCE = text("""
UPDATE relay_state
SET published_through = :position, stream_sequence = :stream_sequence, message_id = :message_id
WHERE epoch = :epoch RETURNING set_config('synchronous_commit', 'off', true)
""")

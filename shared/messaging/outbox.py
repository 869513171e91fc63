"""Events are recorded in the transaction of the change, while the entity's row is locked. Nothing else publishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.canonical import canonical_json
from shared.ids import new_id
from shared.messaging.envelope import Envelope, EventContract, topic_of
from shared.telemetry import traceparent

MAX_BYTES = 128 * 1024
_LARGEST_NUMBER = 2**63 - 1


class EventTooLarge(ValueError):
    """Refused before it is recorded: an event that NATS would refuse later would stop all events behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event to record. `version` is the entity's, after the change; `region` is the party's, six digits."""

    event: EventContract
    subject: UUID
    version: int
    region: str
    kind: str
    at: datetime
    department: str | None = None


async def record(
    conn: AsyncConnection,
    event: EventContract,
    *,
    subject: UUID,
    version: int,
    region: str,
    kind: str,
    at: datetime,
    department: str | None = None,
) -> UUID:
    """The event is published if, and only if, this transaction commits. Answers its id.

    `department` sends it to that department alone. Refuses an envelope beyond 128 KiB with `EventTooLarge`.
    """
    recorded = Recorded(
        event=event, subject=subject, version=version, region=region, kind=kind, at=at, department=department
    )
    (event_id,) = await record_many(conn, [recorded])
    return event_id


async def record_many(conn: AsyncConnection, events: Sequence[Recorded]) -> list[UUID]:
    """As `record`, for a batch in one statement; they are published in this order."""
    if not events:
        return []
    envelopes = [_envelope(item) for item in events]
    await conn.execute(
        _INSERT,
        {
            "ids": [each.id for each in envelopes],
            "types": [each.type for each in envelopes],
            "topics": [each.topic for each in envelopes],
            "subjects": [each.subject for each in envelopes],
            "versions": [each.entityversion for each in envelopes],
            "times": [each.time for each in envelopes],
            "data": [each.data for each in envelopes],
            "traceparent": traceparent.get(),
        },
    )
    return [each.id for each in envelopes]


def _envelope(item: Recorded) -> Envelope:
    """The envelope at its largest: with the longest numbers it can be given."""
    if item.at.tzinfo is None:
        raise ValueError("`at` must know its time zone")
    contract = type(item.event)
    envelope = Envelope(
        id=new_id(),
        source="/certificates",  # the longest there is; the relay knows whose outbox this is
        type=contract.type,
        topic=topic_of(contract, kind=item.kind, region=item.region, department=item.department),
        subject=item.subject,
        time=item.at,
        entityversion=item.version,
        position=_LARGEST_NUMBER,
        sequence=_LARGEST_NUMBER,
        data=canonical_json(item.event.model_dump(mode="json")).decode(),
        traceparent=traceparent.get(),
    )
    # What is around the data is far smaller than that; only near the limit is it worth writing out.
    if len(envelope.data) > MAX_BYTES // 8 and (size := len(envelope.to_json())) > MAX_BYTES:
        raise EventTooLarge(f"{contract.type} of {item.subject}: {size} bytes, at most {MAX_BYTES}")
    return envelope


_INSERT = text("""
INSERT INTO outbox (event_id, type, topic, subject, version, occurred_at, data, traceparent)
SELECT event_id, type, topic, subject, version, occurred_at, data, :traceparent
FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:topics AS text[]), CAST(:subjects AS uuid[]),
            CAST(:versions AS bigint[]), CAST(:times AS timestamptz[]), CAST(:data AS text[]))
     WITH ORDINALITY AS new (event_id, type, topic, subject, version, occurred_at, data, place)
ORDER BY place
""")

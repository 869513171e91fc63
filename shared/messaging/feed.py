"""The log, read by filter: the same events as on the bus, complete and for ever."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.topics import pattern_of

# At most so much of the log is sifted for a page.
STRETCH = 10_000


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Rows of the log, and up to which position the log was looked through."""

    rows: Sequence[Row[tuple[Any, ...]]]
    through: int


@dataclass(frozen=True, slots=True)
class Head:
    """Where a topic stands: its last sequence proves how many there are, its hash which they are."""

    topic: str
    sequence: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Heads:
    """`as_of`: all events that had a number then are counted. `pending`: events recorded that have none yet."""

    as_of: datetime
    position: int
    pending: int
    topics: Sequence[Head]


async def list_events(conn: AsyncConnection, *, filters: Collection[str], after: int, limit: int) -> FeedPage:
    """The next events after this position on topics of these filters, in order of position."""
    parameters = {"pattern": pattern_of(filters), "after": after}
    found = (await conn.execute(_CHANGED, parameters)).all()
    last_position = until = found[0].last_position
    topics = {row.topic: row.sequence for row in found if row.topic is not None}
    if not topics:
        return FeedPage((), max(after, last_position))
    query = _BY_TOPIC
    # Each topic's next events by the index, `limit` times their number of rows, or the log sifted, until the events of
    # these topics, which are so many of all, fill the page: whatever reads less.
    if len(topics) * sum(topics.values()) > last_position:
        query, until = _BY_POSITION, min(last_position, after + STRETCH)
    # Never beyond the position that was seen above: what is numbered meanwhile comes with the next page.
    scope = {"topics": list(topics), "after": after, "until": until, "limit": limit}
    rows = (await conn.execute(query, scope)).all()
    return FeedPage(rows, rows[-1].position if len(rows) == limit else until)


async def list_heads(conn: AsyncConnection, *, filters: Collection[str]) -> Heads:
    """The heads of all topics of these filters."""
    rows = (await conn.execute(_HEADS, {"pattern": pattern_of(filters)})).all()
    heads = [Head(row.topic, row.sequence, row.position, row.hash) for row in rows if row.topic is not None]
    return Heads(rows[0].as_of, rows[0].last_position, rows[0].pending, heads)


_CHANGED = text("""
SELECT last_position, topic, sequence
FROM relay_state LEFT JOIN topic_heads ON position > :after AND topic ~ :pattern
""")
_BY_TOPIC = text("""
SELECT event.*
FROM unnest(CAST(:topics AS text[])) AS wanted (topic)
CROSS JOIN LATERAL (
    SELECT * FROM event_log
    WHERE event_log.topic = wanted.topic AND position > :after AND position <= :until
    ORDER BY position LIMIT :limit
) AS event
ORDER BY position LIMIT :limit
""")
_BY_POSITION = text("""
SELECT * FROM event_log
WHERE position > :after AND position <= :until AND topic = ANY (CAST(:topics AS text[]))
ORDER BY position LIMIT :limit
""")
_HEADS = text("""
SELECT clock_timestamp() AS as_of, last_position, (SELECT count(*) FROM outbox) AS pending, head.*
FROM relay_state LEFT JOIN topic_heads AS head ON topic ~ :pattern
ORDER BY topic
""")

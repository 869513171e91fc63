"""Pending events get their numbers: one transaction moves a batch from the outbox to the log.

It takes what is committed, never what lies beyond a number seen before; a late commit is simply taken later.
"""

from collections.abc import Sequence

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.messaging.chain import GENESIS, link
from shared.messaging.failpoints import failpoint
from shared.messaging.lease import Lease
from shared.messaging.model import PARTITION_SIZE

BATCH = 500
Head = tuple[int, bytes]
Pending = Row[tuple[object, ...]]


async def anything_pending(database: Database) -> bool:
    """Whether a committed event waits for its number."""
    async with database.read() as conn:
        return bool((await conn.execute(_PENDING)).scalar_one())


async def number_pending(database: Database, lease: Lease, *, limit: int = BATCH) -> int:
    """Up to `limit` pending events have a position (gapless per service), a sequence (gapless per topic) and the
    running hash of their topic. Answers how many; `LeaseLost` where somebody else numbers now.
    """
    async with database.transaction() as conn:
        await lease.fence(conn)
        failpoint("numbering.fenced")
        pending = (await conn.execute(_TAKE, {"limit": limit})).all()
        failpoint("numbering.taken")
        if pending:
            await _write(conn, pending)
        failpoint("numbering.written")
    failpoint("numbering.committed")
    return len(pending)


async def _write(conn: AsyncConnection, pending: Sequence[Pending]) -> None:
    topics = list({row.topic for row in pending})
    state = (await conn.execute(_STATE, {"topics": topics})).one()
    heads: dict[str, Head] = dict(zip(state.topics, zip(state.sequences, state.hashes, strict=True), strict=True))
    positions = range(state.last_position + 1, state.last_position + 1 + len(pending))
    links = [_append(heads, row) for row in pending]
    changed = dict(zip((row.topic for row in pending), positions, strict=True))
    columns: dict[str, object] = {
        "positions": list(positions),
        "sequences": [sequence for sequence, _ in links],
        "hashes": [hash_ for _, hash_ in links],
        "head_topics": list(changed),
        "head_positions": list(changed.values()),
        "head_sequences": [heads[topic][0] for topic in changed],
        "head_hashes": [heads[topic][1] for topic in changed],
        "last_position": positions[-1],
    }
    names = ("event_id", "type", "topic", "subject", "version", "occurred_at", "data", "traceparent")
    columns |= {name: [getattr(row, name) for row in pending] for name in names}
    if state.log_until < positions[-1] + PARTITION_SIZE // 2:
        await conn.execute(_EXTEND)
    await conn.execute(_WRITE, columns)


def _append(heads: dict[str, Head], row: Pending) -> Head:
    sequence, previous = heads.get(row.topic, (0, GENESIS))
    heads[row.topic] = (sequence + 1, link(previous, row.event_id, row.data))
    return heads[row.topic]


_PENDING = text("SELECT EXISTS (SELECT FROM outbox)")
_TAKE = text("""
WITH taken AS (
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT :limit) RETURNING *
)
SELECT * FROM taken ORDER BY id
""")
# Nobody else writes these: the lease is fenced in this transaction.
_STATE = text("""
SELECT last_position, log_until,
       coalesce(array_agg(topic) FILTER (WHERE topic IS NOT NULL), '{}') AS topics,
       coalesce(array_agg(sequence) FILTER (WHERE topic IS NOT NULL), '{}') AS sequences,
       coalesce(array_agg(hash) FILTER (WHERE topic IS NOT NULL), '{}') AS hashes
FROM relay_state LEFT JOIN topic_heads ON topic = ANY (CAST(:topics AS text[]))
GROUP BY last_position, log_until
""")
_EXTEND = text("SELECT extend_event_log()")
_WRITE = text("""
WITH logged AS (
    INSERT INTO event_log (position, sequence, hash, event_id, type, topic, subject, version, occurred_at, data,
                           traceparent)
    SELECT * FROM unnest(CAST(:positions AS bigint[]), CAST(:sequences AS bigint[]), CAST(:hashes AS bytea[]),
                         CAST(:event_id AS uuid[]), CAST(:type AS text[]), CAST(:topic AS text[]),
                         CAST(:subject AS uuid[]), CAST(:version AS bigint[]), CAST(:occurred_at AS timestamptz[]),
                         CAST(:data AS text[]), CAST(:traceparent AS text[]))
), advanced AS (
    UPDATE relay_state SET last_position = :last_position
)
INSERT INTO topic_heads (topic, position, sequence, hash)
SELECT * FROM unnest(CAST(:head_topics AS text[]), CAST(:head_positions AS bigint[]),
                     CAST(:head_sequences AS bigint[]), CAST(:head_hashes AS bytea[]))
ON CONFLICT (topic) DO UPDATE
SET position = excluded.position, sequence = excluded.sequence, hash = excluded.hash
""")

"""The tables behind the guarantee: every committed event is numbered, kept, delivered, and has its effect once.

Runtime roles do no DDL: partitions of the log are added by a function that runs as the owner.
"""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    event,
    func,
    true,
)

INSTANT = DateTime(timezone=True)
# Byte order: the prefix of a topic filter is then a range of the index.
TOPIC = Text(collation="C")


@dataclass(frozen=True, slots=True)
class MessagingTables:
    """`outbox` is empty when idle; `event_log` only grows; `parked` is empty when all is well."""

    outbox: Table
    event_log: Table
    topic_heads: Table
    relay_state: Table
    leases: Table
    inbox: Table
    parked: Table


def install(metadata: MetaData) -> MessagingTables:
    """Declare the tables on a service's metadata; `create_all` then also makes functions, triggers and partitions."""
    tables = MessagingTables(
        outbox=_outbox(metadata),
        event_log=_event_log(metadata),
        topic_heads=_topic_heads(metadata),
        relay_state=_relay_state(metadata),
        leases=_leases(metadata),
        inbox=_inbox(metadata),
        parked=_parked(metadata),
    )
    event.listen(metadata, "after_create", _after_create)
    return tables


def _after_create(_: MetaData, connection: Connection, **__: object) -> None:
    for statement in _DDL:
        connection.exec_driver_sql(statement)


def _content() -> list[Column[object]]:
    """What an event is, before and after it has a number. `data` is text: the canonical bytes that are hashed."""
    return [
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("topic", TOPIC, nullable=False),
        Column("subject", Uuid, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("occurred_at", INSTANT, nullable=False),
        Column("data", Text, nullable=False),
        Column("traceparent", Text),
    ]


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        # Taken while the entity's row is locked: among events of one entity, the order of ids is the order of commits.
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        *_content(),
        Column("recorded_at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
        # Rows live for milliseconds, so that a share of the table says nothing about how much of it is dead.
        postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 5000},
    )


def _event_log(metadata: MetaData) -> Table:
    return Table(
        "event_log",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        *_content(),
        Column("sequence", BigInteger, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        Index("ix_event_log_topic", "topic", "position"),
        postgresql_partition_by="RANGE (position)",
    )


def _topic_heads(metadata: MetaData) -> Table:
    return Table(
        "topic_heads",
        metadata,
        Column("topic", TOPIC, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("hash", LargeBinary, nullable=False),
    )


def _relay_state(metadata: MetaData) -> Table:
    """One row. `published_through` may fall (a lost store is fed again), `last_position` never."""
    return Table(
        "relay_state",
        metadata,
        Column("one", Boolean, CheckConstraint("one", name="one_row"), primary_key=True, server_default=true()),
        Column("last_position", BigInteger, nullable=False, server_default="0"),
        Column("log_until", BigInteger, nullable=False, server_default="0"),
        Column("epoch", BigInteger, nullable=False, server_default="0"),
        Column("published_through", BigInteger, nullable=False, server_default="0"),
        # Which stream this is about (its instant of creation), where it holds the last event that it acknowledged,
        # and under which message id. A stream that says otherwise has lost what it had.
        Column("stream", Text, nullable=False, server_default=""),
        Column("stream_sequence", BigInteger, nullable=False, server_default="0"),
        Column("message_id", Text, nullable=False, server_default=""),
    )


def _leases(metadata: MetaData) -> Table:
    return Table(
        "leases",
        metadata,
        Column("name", Text, primary_key=True),
        Column("term", BigInteger, nullable=False),
        Column("held_until", INSTANT, nullable=False),
    )


def _inbox(metadata: MetaData) -> Table:
    # Never pruned: after a lost store everything is delivered again, however old.
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
    )


def _parked(metadata: MetaData) -> Table:
    """Events that failed, and those of the same entity behind them. `retry_at` is null where a person is needed."""
    return Table(
        "parked",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("subject", Uuid, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("envelope", Text, nullable=False),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("retry_at", INSTANT),
        Column("reason", Text),
        Column("parked_at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
        Index("ix_parked_subject", "consumer", "subject", "position"),
    )


PARTITION_SIZE = 1_000_000

# Keeps at least half a partition ahead of the last position. It takes no argument, so that nobody can misuse it.
_EXTEND_EVENT_LOG = f"""
CREATE OR REPLACE FUNCTION extend_event_log() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    until bigint;
    name text;
BEGIN
    UPDATE relay_state SET log_until = log_until + {PARTITION_SIZE}
        WHERE log_until < last_position + {PARTITION_SIZE // 2} RETURNING log_until INTO until;
    IF until IS NULL THEN RETURN; END IF;
    name := 'event_log_' || (until / {PARTITION_SIZE});
    -- Made apart and attached: unlike PARTITION OF, this does not wait for the readers of the log.
    EXECUTE format('CREATE TABLE %I (LIKE event_log INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE event_log ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   name, until - {PARTITION_SIZE}, until);
END $$
"""  # noqa: S608 - a constant of ours

_ANNOUNCE = """
CREATE OR REPLACE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_NAME, '');
    RETURN NULL;
END $$
"""

_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""

_DDL = (
    _EXTEND_EVENT_LOG,
    _ANNOUNCE,
    _REFUSE_CHANGE,
    "CREATE OR REPLACE TRIGGER outbox_announce AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION announce()",
    """CREATE OR REPLACE TRIGGER event_log_announce AFTER INSERT ON event_log
       FOR EACH STATEMENT EXECUTE FUNCTION announce()""",
    """CREATE OR REPLACE TRIGGER event_log_append_only BEFORE UPDATE OR DELETE ON event_log
       FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    "INSERT INTO relay_state DEFAULT VALUES ON CONFLICT DO NOTHING",
    "SELECT extend_event_log()",
)

"""Records. A row is never changed: a correction is a row of its own that names its predecessor.

A record is in force while it has no successor and its dates hold.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from records.metadata import metadata


class Origin(StrEnum):
    """Where a record comes from."""

    FILED = "filed"  # through this platform, by its issuer or on a decision
    IMPORTED = "imported"  # held by its issuer before go-live


records = Table(
    "records",
    metadata,
    Column("id", Uuid, primary_key=True),
    # One successor at most, so that corrections made at once do not branch.
    Column("predecessor", ForeignKey("records.id"), unique=True),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("party", Uuid, nullable=False),
    # Where the party lives, as known at filing: by it rules share the record and topics are named.
    Column("region", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("claims", JSONB, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("case", Uuid),
    Column("index", Integer),
    # Absent where nobody acted: filed on a decision.
    Column("officer", Text),
    Column("reason", Text),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    Column("origin", Text, nullable=False, server_default=Origin.FILED.value),
    Column("import_id", ForeignKey("imports.id")),
    # The row's own key in its issuer's register: however often it is sent, it is imported once.
    Column("source_key", Text),
    # One decision, one record, whatever is redelivered.
    UniqueConstraint("case", "index"),
    UniqueConstraint("issuer", "source_key"),
    CheckConstraint("origin IN ('filed', 'imported')", name="origin"),
    CheckConstraint("(origin = 'imported') = (source_key IS NOT NULL)", name="source"),
    CheckConstraint("(source_key IS NULL) = (import_id IS NULL)", name="import"),
    CheckConstraint('("case" IS NULL) = ("index" IS NULL)', name="whole_case"),
    CheckConstraint("(predecessor IS NULL) = (version = 1)", name="chain"),
    CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity"),
    Index(None, "party", "kind"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of `records`."""

    id: UUID
    predecessor: UUID | None = None
    version: int = 1
    kind: str
    party: UUID
    region: str
    issuer: str
    claims: dict[str, JsonValue]
    as_of: date
    valid_from: date
    valid_until: date | None = None
    case: UUID | None = None
    index: int | None = None
    officer: str | None = None
    reason: str | None = None
    filed_at: datetime
    origin: Origin = Origin.FILED
    import_id: UUID | None = None
    source_key: str | None = None

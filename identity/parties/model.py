"""Parties, their sealed numbers, how they are related, and who looked whom up."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from identity.metadata import metadata

# The id is random: it tells nothing about the party, not even when it was registered.
parties = Table(
    "parties",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("region", String(6), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False, comment="The party's data key, under the master key"),
    Column("version", Integer, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("registered_by", String, nullable=False, comment="Department or client, and the officer who acted"),
    CheckConstraint("kind IN ('person', 'organisation')", name="kind"),
)

identity_numbers = Table(
    "identity_numbers",
    metadata,
    Column("party", Uuid, ForeignKey("parties.id"), primary_key=True),
    Column("type", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM under the party's key"),
    Column("blind_index", LargeBinary, nullable=False),
    Column("assigned_at", DateTime(timezone=True), nullable=False),
    Column("assigned_by", String, nullable=False),
    UniqueConstraint("blind_index"),
)

# (M, mother, C) reads "M is the mother of C". A spouse is stored once, in either direction.
relations = Table(
    "relations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("party", Uuid, ForeignKey("parties.id"), nullable=False),
    Column("of", Uuid, ForeignKey("parties.id"), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, comment="The last day; none while it lasts"),
    Column("minor_until", Date, comment="The child's coming of age; from that day its parents act for it no more"),
    CheckConstraint("kind IN ('mother', 'father', 'spouse')", name="kind"),
    CheckConstraint("party <> of", name="two_parties"),
    CheckConstraint("kind <> 'spouse' OR minor_until IS NULL", name="minor"),
    Index("ix_relations_party", "party"),
    Index("ix_relations_of", "of"),
    Index("uq_relations_current", "kind", "party", "of", unique=True, postgresql_where="valid_until IS NULL"),
    # A child has one mother and one father at a time.
    Index(
        "uq_relations_parent",
        "kind",
        "of",
        unique=True,
        postgresql_where="valid_until IS NULL AND kind <> 'spouse'",
    ),
)

phones = Table(
    "phones",
    metadata,
    Column("party", Uuid, ForeignKey("parties.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# The law's reason for which a department may look people up, or read evidence, without a case (法定职责).
standing_duties = Table(
    "standing_duties",
    metadata,
    Column("department", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("basis_zh", String, nullable=False),
    Column("basis_en", String, nullable=False),
    # What evidence may be read on it: these kinds, under the sharing rules of this item. No item: none.
    Column("item", String),
    Column("kinds", ARRAY(String), nullable=False, server_default="{}"),
    # About whom: parties of these kinds (people, organisations) in these regions.
    Column("party_kinds", ARRAY(String), nullable=False, server_default="{}"),
    Column("regions", ARRAY(String), nullable=False, server_default="{}"),
    CheckConstraint("(item IS NULL) = (kinds = '{}')", name="item"),
)

# One row per look-up of numbers or grant on a duty, kept as evidence; holds how many were unknown, never which.
lookups = Table(
    "lookups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("department", String, nullable=False),
    Column("officer", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("refused", String),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_lookups_department_at", "department", "at"),
)

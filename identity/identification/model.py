"""Identity cards' public keys, and the ceremonies in which somebody proves who they are."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
)

from identity.metadata import metadata

cards = Table(
    "cards",
    metadata,
    Column("party", Uuid, ForeignKey("parties.id"), primary_key=True),
    Column("public_jwk", JSON, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
)

# A number that nobody has gets a row like any other: `party` is empty and no proof will ever hold.
identifications = Table(
    "identifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("device", String, nullable=False),
    Column("method", String, nullable=False),
    Column("party", Uuid, ForeignKey("parties.id")),
    Column("blind_index", LargeBinary, nullable=False),
    Column("challenge", String, nullable=False),
    Column("code_digest", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("proved_at", DateTime(timezone=True)),
    CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
    Index("ix_identifications_client_started", "client_id", "device", "started_at"),
    Index("ix_identifications_number_started", "blind_index", "started_at"),
)

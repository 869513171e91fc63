"""Who somebody at a provider is here. The provider's own name for them is kept as a blind index alone."""

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, LargeBinary, String, Table, Uuid

from identity.metadata import metadata

external_logins = Table(
    "external_logins",
    metadata,
    Column("login", LargeBinary, primary_key=True, comment="Blind index of issuer and subject"),
    Column("issuer", String, nullable=False),
    Column("party", Uuid, ForeignKey("parties.id")),
    Column("officer", Uuid, ForeignKey("officers.id")),
    Column("linked_at", DateTime(timezone=True), nullable=False),
    Column("linked_by", String, nullable=False),
    CheckConstraint("(party IS NULL) <> (officer IS NULL)", name="whose"),
    Index("uq_external_logins_officer", "officer", "issuer", unique=True),
    Index("ix_external_logins_party", "party"),
)

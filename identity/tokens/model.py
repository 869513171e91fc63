"""Departments and their officers, the clients that may ask for tokens, the keys that sign, what was used once."""

from sqlalchemy import (
    ARRAY,
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

departments = Table(
    "departments",
    metadata,
    Column("code", String, primary_key=True),
    Column("name_zh", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("uscc", String(18), nullable=False, unique=True),
    Column("region", String(6), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    Column("bus_account", Integer, unique=True, comment="Which account of the bus is its own, once it was there"),
)

officers = Table(
    "officers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("department", String, ForeignKey("departments.code"), nullable=False),
    Column("name_zh", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("dismissed_at", DateTime(timezone=True)),
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("department", String, ForeignKey("departments.code")),
    Column("scopes", ARRAY(String), nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("jwks", JSON, nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", String),
    Column(
        "refused_before",
        DateTime(timezone=True),
        comment="Tokens from before are good no more: a key was taken away that others may have",
    ),
    CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked"),
    CheckConstraint("kind IN ('service', 'department', 'app', 'ops')", name="kind"),
    CheckConstraint("(kind = 'department') = (department IS NOT NULL)", name="department"),
)

# `next` is published before it signs, so that verifiers know it already; `retired` is published until no token it
# signed can be in use.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("public_jwk", JSON, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="The private key, under the master key"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("signs_since", DateTime(timezone=True)),
    Column("published_until", DateTime(timezone=True)),
    CheckConstraint("state IN ('next', 'current', 'retired')", name="state"),
    CheckConstraint("(state = 'retired') = (published_until IS NOT NULL)", name="published"),
    Index("uq_signing_keys_state", "state", unique=True, postgresql_where="state <> 'retired'"),
)

# Client assertions and identification tokens are good once: the second insert finds the first.
used_tokens = Table(
    "used_tokens",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("jti", String, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)

"""Credentials that were issued: one row for each key of a wallet and each time that it was asked for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from certificates.metadata import metadata

credentials = Table(
    "credentials",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("certificate", ForeignKey("certificates.id"), nullable=False),
    # The name of the wallet's key (RFC 7638).
    Column("key", Text, nullable=False),
    # A proof counts once: it answers a nonce, and this is a digest of that.
    Column("nonce", LargeBinary, nullable=False, unique=True),
    # Kept, so that who asks again with the same Idempotency-Key gets the same.
    Column("credential", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Index(None, "certificate"),
)


@dataclass(frozen=True, slots=True)
class Credential:
    """One row of `credentials`."""

    id: UUID
    certificate: UUID
    key: str
    nonce: bytes
    credential: str
    issued_at: datetime

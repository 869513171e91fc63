"""Accesses, projected from every service's `data.accessed`. Never changed, never deleted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from records.metadata import metadata
from shared.contracts.evidence import Purpose

accesses = Table(
    "accesses",
    metadata,
    # One event tells of all parties whose data one reply held; each of them sees its own part.
    Column("event", Uuid, primary_key=True),
    Column("party", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("officer", Text),
    Column("purpose", Text, nullable=False),
    Column("ref", Uuid, nullable=False),
    Column("items", ARRAY(Text), nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    # Of a standing duty: which one, and its law in words as it was published then.
    Column("duty", Text),
    Column("basis", JSONB(none_as_null=True)),
    Index(None, "party", "at", "event"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One row of `accesses`. `evidence` maps each kind that was read to its attributes."""

    event: UUID
    party: UUID
    source: str
    reader: str
    officer: str | None
    purpose: Purpose
    ref: UUID
    items: list[str]
    evidence: dict[str, list[str]]
    at: datetime
    duty: str | None = None
    basis: dict[str, str] | None = None

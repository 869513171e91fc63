"""Uses of evidence, and what last happened to a piece of evidence. Both are written by one subscriber alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Table, Text, Uuid

from records.metadata import metadata
from shared.contracts.evidence import Purpose

evidence_uses = Table(
    "evidence_uses",
    metadata,
    # However often a department reads the same for one case of its own, it is one use, and it is told once.
    Column("evidence", Uuid, primary_key=True),
    Column("department", Text, primary_key=True),
    Column("ref", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("first_used_at", DateTime(timezone=True), nullable=False),
    # The last change that the department was told speaks against the evidence: its version; 0 while it was told of
    # none, and since it was told that the evidence holds again.
    Column("told", BigInteger, nullable=False),
    CheckConstraint("purpose IN ('case', 'duty')", name="purpose"),
    # Whom of a department to tell next, however many of its uses were told already.
    Index("ix_evidence_uses_told", "evidence", "department", "told"),
)

evidence_changes = Table(
    "evidence_changes",
    metadata,
    Column("evidence", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("change", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("party", Uuid, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("ground", Text),
    Column("successor", Uuid),
    Column("region", Text, nullable=False),
    CheckConstraint("change IN ('revoked', 'withheld', 'corrected', 'reinstated')", name="change"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A department used a piece of evidence; `ref` is its case, or its reference under a standing duty."""

    evidence: UUID
    department: str
    ref: UUID
    purpose: Purpose
    item: str
    first_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What last happened to a piece of evidence, and where. `version` counts what happens to it."""

    evidence: UUID
    version: int
    change: Literal["revoked", "withheld", "corrected", "reinstated"]
    kind: str
    party: UUID
    issuer: str
    region: str
    ground: str | None = None
    successor: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A change that a use is to be told of."""

    change: Change
    department: str
    ref: UUID
    purpose: Purpose
    item: str

"""Uses of evidence, and what last happened to a piece of evidence. Both are written by one subscriber alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Table, Text, Uuid

from records.metadata import metadata
from shared.contracts.evidence import Purpose

# Under a duty a department names a reference of its own for each reading, as many as it likes. For all of them it is
# told of a change, in one transaction: so many stay so few that the others are told in time.
MAX_REFERENCES = 1000

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
    # The version of the last change that the department was told of; 0 while it was told of none.
    Column("told", BigInteger, nullable=False),
    CheckConstraint("purpose IN ('case', 'duty')", name="purpose"),
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
    """What last happened to a piece of evidence. `version` counts what happens to it."""

    evidence: UUID
    version: int
    change: Literal["revoked", "withheld", "corrected", "reinstated"]
    kind: str
    party: UUID
    issuer: str
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

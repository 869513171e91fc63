"""Copies. A row is never changed: a copy ends with its last day, or with its certificate."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from certificates.metadata import metadata

copies = Table(
    "copies",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("certificate", ForeignKey("certificates.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("watermark", JSONB, nullable=False),
    # Who made it: the holder, or who represents them.
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("seal", Text, nullable=False),
    Index(None, "certificate", "made_at", "id"),
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One row of `copies`. `watermark`: the text that is printed across it, in both languages."""

    id: UUID
    certificate: UUID
    purpose: str
    watermark: dict[str, str]
    made_by: UUID
    made_at: datetime
    valid_until: date
    seal: str

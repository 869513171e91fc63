"""Shapes of the records API."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, JsonValue

from records.filing.model import Origin, Record
from shared.schemas import Code, LegalDate, Paragraph, Strict

# Checked against the kind's attributes and the vocabulary, which says more than a schema here could.
Claims = Annotated[dict[str, JsonValue], Field(max_length=100)]


class RecordFiling(Strict):
    """What a department holds about a party."""

    kind: Code
    party: UUID
    claims: Claims
    valid_from: LegalDate | None = None


class RecordCorrection(Strict):
    """What is right instead: all claims, not only those that change. `reason` is for the file."""

    claims: Claims
    reason: Paragraph
    valid_from: LegalDate | None = None


class RecordVersion(Strict):
    """One version in a record's history: when, why and by whom; not what it says."""

    id: UUID
    version: int
    as_of: date
    valid_from: date
    valid_until: date | None
    officer: str | None
    reason: str | None
    filed_at: datetime


class RecordView(Strict):
    """A record without its claims: those are read through `POST /v1/evidence/search` alone, on record."""

    id: UUID
    kind: Code
    party: UUID
    issuer: Code
    version: int
    as_of: date
    valid_from: date
    valid_until: date | None
    case: UUID | None
    origin: Origin
    history: list[RecordVersion]

    @classmethod
    def of(cls, record: Record, history: Sequence[Record]) -> Self:
        """The view of a record among its versions."""
        return cls(
            id=record.id,
            kind=record.kind,
            party=record.party,
            issuer=record.issuer,
            version=record.version,
            as_of=record.as_of,
            valid_from=record.valid_from,
            valid_until=record.valid_until,
            case=record.case,
            origin=Origin(record.origin),
            history=[_version(each) for each in history],
        )


def _version(record: Record) -> RecordVersion:
    return RecordVersion.model_validate({name: getattr(record, name) for name in RecordVersion.model_fields})

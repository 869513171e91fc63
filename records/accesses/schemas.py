"""Shapes of the accesses API."""

from typing import Self
from uuid import UUID

from records.accesses.model import Access
from records.accesses.rules import purpose_text
from shared.contracts.evidence import Purpose
from shared.schemas import AwareDatetime, Code, Strict, Text


class EvidenceRead(Strict):
    """What was read of one kind of evidence. No attributes: only that it exists."""

    kind: Code
    attributes: list[Code]


class AccessView(Strict):
    """One read of my data. `ref` is the draft, the case, or under a standing `duty` the department's own reference.

    The officer is named to supervision only.
    """

    id: UUID
    at: AwareDatetime
    reader: Code
    source: Code
    purpose: Purpose
    purpose_text: Text
    ref: UUID
    items: list[Code]
    evidence: list[EvidenceRead]
    duty: Code | None = None

    @classmethod
    def of(cls, access: Access) -> Self:
        """The view of an access for its party."""
        return cls(
            id=access.event,
            at=access.at,
            reader=access.reader,
            source=access.source,
            purpose=access.purpose,
            purpose_text=purpose_text(access),
            ref=access.ref,
            items=access.items,
            evidence=[EvidenceRead(kind=kind, attributes=read) for kind, read in sorted(access.evidence.items())],
            duty=access.duty,
        )

"""What is published of standing duties, and what is asked and answered of grants on them."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from identity.duties.model import Duty
from identity.parties.rules import PartyKind
from shared.contracts.evidence import Grant
from shared.schemas import AwareDatetime, Code, RegionCode, Strict, Text


class DutyParties(Strict):
    """Whom a duty is about: parties of these kinds, in these regions."""

    kinds: list[PartyKind]
    regions: list[RegionCode]


class DutyView(Strict):
    """A standing duty. Without an `item` it is for looking people up alone, and lets nobody read evidence."""

    code: Code
    department: Code
    department_name: Text
    law: Text
    item: Code | None
    kinds: list[Code]
    parties: DutyParties

    @classmethod
    def of(cls, duty: Duty) -> Self:
        """As everybody may see it."""
        return cls.model_validate(
            {
                "code": duty.code,
                "department": duty.department,
                "department_name": duty.department_name,
                "law": duty.law,
                "item": duty.item,
                "kinds": duty.kinds,
                "parties": {"kinds": duty.party_kinds, "regions": duty.regions},
            }
        )


class Duties(Strict):
    items: list[DutyView]


class AskDutyGrant(Strict):
    """`reference` is the department's own case, by which it is told when the evidence no longer holds."""

    duty: Code
    parties: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    kinds: Annotated[list[Code], Field(min_length=1, max_length=50)]
    reference: UUID | None = None


class DutyGrant(Strict):
    """For `POST /v1/evidence/search`, until it expires. `reference` is as asked, or made for this reading."""

    grant: str
    reference: UUID
    expires_at: AwareDatetime

    @classmethod
    def of(cls, grant: Grant, *, signed: str) -> Self:
        """The signed grant, and until when it holds."""
        return cls(grant=signed, reference=grant.ref, expires_at=datetime.fromtimestamp(grant.exp, UTC))

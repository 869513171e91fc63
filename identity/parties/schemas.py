"""What is asked about parties and what is answered. Numbers come in bodies only and are never answered."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from identity.parties.rules import PartyKind
from shared.schemas import Code, RegionCode, Strict


def _calendar_date(value: object) -> object:
    # Left to itself, pydantic would also take a number of seconds.
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("a date is written as YYYY-MM-DD")
    return value


CalendarDate = Annotated[date, BeforeValidator(_calendar_date)]
# What a number looks like is judged by the rules; this only bounds what they have to read.
NumberText = Annotated[str, Field(max_length=64, description="Identity number or unified social credit code.")]


class Birth(Strict):
    """`of` is the party of the mother, to whom the new party is the child."""

    kind: Literal["mother"]
    of: UUID


class RegisterParty(Strict):
    """A newborn, registered before it has a number. Without `born_on` the child was born today."""

    kind: Literal["person"]
    relation: Birth
    born_on: CalendarDate | None = None


class Party(Strict):
    id: UUID
    kind: PartyKind
    region: RegionCode
    numbered: bool


class Known(Strict):
    """One to look up."""

    id_number: NumberText


class ResolveParties(Strict):
    """Purpose `duty` needs a standing duty of the department, to be named unless there is exactly one, for those
    concerned read its law; `case` needs the grant of a case or draft.
    """

    parties: Annotated[list[Known], Field(min_length=1, max_length=50)]
    purpose: Literal["case", "duty"]
    grant: Annotated[str, Field(max_length=8192)] | None = None
    duty: Code | None = None


class Resolved(Strict):
    party: UUID | None


class ResolvedParties(Strict):
    """In the order asked. `party` is null for who is unknown or outside the grant."""

    items: list[Resolved]


class AssignNumber(Strict):
    id_number: NumberText


class RegionsOf(Strict):
    parties: Annotated[list[UUID], Field(min_length=1, max_length=500)]

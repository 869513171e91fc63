"""What applicants send."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue, ValidationError, WrapValidator

from licensing.applications.commands import Change, Wish
from licensing.applications.model import Confirmed, DeliveryMethod
from licensing.planning.model import Material
from shared.contracts.representation import MAX_STATEMENT
from shared.schemas import Code, ElementCode, RegionCode, Strict


def _without_keys(value: Any, check: Callable[[Any], Any]) -> Any:
    """A fault inside a mapping is told of the mapping: the keys are the caller's words, and are not repeated."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError("some entries are not what they must be") from None


Answers = Annotated[dict[str, JsonValue], Field(max_length=200), WrapValidator(_without_keys)]
Roles = Annotated[dict[str, UUID], Field(max_length=20), WrapValidator(_without_keys)]
Situation = Annotated[dict[str, Code], Field(max_length=50), WrapValidator(_without_keys)]
Disputes = Annotated[list[ElementCode], Field(max_length=200)]


class OneIdentification(Strict):
    """What somebody wants done, and where. `representations` is the statement of identity; the gateway adds it."""

    thing: Code
    region: RegionCode
    roles: Roles = Field(default_factory=dict)
    situation: Situation = Field(default_factory=dict)
    representations: Annotated[str, Field(max_length=MAX_STATEMENT)]

    def wish(self) -> Wish:
        return Wish(thing=self.thing, region=self.region, roles=self.roles, situation=self.situation)


class DraftChange(Strict):
    """What changes in a draft. An answer of null takes an earlier one back; `disputes` are all that are wrong now."""

    answers: Answers = Field(default_factory=dict)
    situation: Situation = Field(default_factory=dict)
    roles: Roles = Field(default_factory=dict)
    disputes: Disputes | None = None

    def change(self) -> Change:
        disputes = None if self.disputes is None else frozenset(self.disputes)
        return Change(answers=self.answers, roles=self.roles, situation=self.situation, disputes=disputes)


class MaterialName(Strict):
    evidence_kind: Code
    role: Code

    def material_of(self) -> Material:
        return Material(self.evidence_kind, self.role)


class HandedIn(MaterialName):
    """A material that the applicant uploaded."""

    material: UUID


class Delivery(Strict):
    method: DeliveryMethod = "electronic"


class Submission(Strict):
    """A draft, confirmed: answers to what was asked, and to what is disputed; never values that were shown."""

    draft: UUID
    answers: Answers = Field(default_factory=dict)
    materials: Annotated[list[HandedIn], Field(max_length=50)] = Field(default_factory=list)
    disputes: Disputes = Field(default_factory=list)
    commitments: Annotated[list[MaterialName], Field(max_length=50)] = Field(default_factory=list)
    delivery: Delivery = Delivery()

    def confirmed(self) -> Confirmed:
        return Confirmed(
            draft=self.draft,
            answers=self.answers,
            disputes=frozenset(self.disputes),
            commitments=frozenset(named.material_of() for named in self.commitments),
            materials={named.material_of(): named.material for named in self.materials},
            delivery=self.delivery.method,
        )


class Withdrawal(Strict):
    """Nothing needs to be said."""

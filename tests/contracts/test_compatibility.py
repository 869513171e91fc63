"""The checker says no to every change of an event but one: a field more that may be missing. Each change is planted."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import Field

from shared.contracts.event_types import EventType
from shared.messaging.envelope import EventContract
from shared.schemas import Code, Strict
from tests.contracts.compatibility import breaks, changed


class Part(Strict):
    kind: Code
    weight: int = 0


class Released(EventContract):
    """As it was released."""

    type: ClassVar[str] = "case.accepted.v1"
    case: UUID
    state: str
    outcome: Literal["granted", "denied"]
    due_on: date
    provisional: bool
    grade: int | None = None
    parts: tuple[Part, ...] = ()


class Removed(EventContract):
    type: ClassVar[str] = "case.accepted.v1"
    case: UUID
    state: str
    outcome: Literal["granted", "denied"]
    due_on: date
    provisional: bool
    parts: tuple[Part, ...] = ()


class Renamed(Removed):
    type: ClassVar[str] = "case.accepted.v1"
    mark: int | None = None


class NarrowerType(Released):
    type: ClassVar[str] = "case.accepted.v1"
    state: UUID  # type: ignore[assignment]  # planted


class NarrowerText(Released):
    type: ClassVar[str] = "case.accepted.v1"
    state: Annotated[str, Field(max_length=10)]


class NarrowerNumber(Released):
    type: ClassVar[str] = "case.accepted.v1"
    grade: Annotated[int, Field(ge=1, le=5)] | None = None


class TextBecameChoice(Released):
    type: ClassVar[str] = "case.accepted.v1"
    state: Literal["accepted"]


class ChoiceLost(Released):
    type: ClassVar[str] = "case.accepted.v1"
    outcome: Literal["granted"]


class ChoiceReplaced(Released):
    type: ClassVar[str] = "case.accepted.v1"
    outcome: Literal["granted", "refused"]  # type: ignore[assignment]  # planted


class ChoiceAdded(Released):
    type: ClassVar[str] = "case.accepted.v1"
    outcome: Literal["granted", "denied", "partly"]  # type: ignore[assignment]  # planted


class WiderType(Released):
    type: ClassVar[str] = "case.accepted.v1"
    case: UUID | None  # type: ignore[assignment]  # planted


class OtherDefault(Released):
    type: ClassVar[str] = "case.accepted.v1"
    grade: int | None = 3


class NoLongerRequired(Released):
    type: ClassVar[str] = "case.accepted.v1"
    provisional: bool = False


class BecameRequired(Released):
    type: ClassVar[str] = "case.accepted.v1"
    grade: int | None


class RequiredAdded(Released):
    type: ClassVar[str] = "case.accepted.v1"
    legal_on: date


class PartWithoutKind(Strict):
    weight: int = 0


class PartWithMore(Part):
    size: int


class InnerRemoved(Released):
    type: ClassVar[str] = "case.accepted.v1"
    parts: tuple[PartWithoutKind, ...] = ()  # type: ignore[assignment]  # planted


class InnerRequiredAdded(Released):
    type: ClassVar[str] = "case.accepted.v1"
    parts: tuple[PartWithMore, ...] = ()


class OtherType(Released):
    type: ClassVar[str] = "case.blocked.v1"


class PartWithOptional(Part):
    size: int | None = None


class OptionalAdded(Released):
    type: ClassVar[str] = "case.accepted.v1"
    note: Code | None = None


class InnerOptionalAdded(Released):
    type: ClassVar[str] = "case.accepted.v1"
    parts: tuple[PartWithOptional, ...] = ()


class OtherWords(Released):
    """As it was released, in other words."""

    type: ClassVar[str] = "case.accepted.v1"


def schema(contract: type[EventContract]) -> dict[str, object]:
    return EventType(contract).schema()


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        (Removed, "grade: is gone"),
        (Renamed, "grade: is gone"),
        (NarrowerType, "state: format appeared"),
        (NarrowerText, "state: maxLength appeared"),
        (NarrowerNumber, "grade.anyOf[0]: maximum appeared"),
        (TextBecameChoice, "state: const appeared"),
        (ChoiceLost, "outcome: enum is gone"),
        (ChoiceReplaced, "outcome.enum[1]: denied became refused"),
        (ChoiceAdded, "outcome.enum: ['granted', 'denied'] became ['granted', 'denied', 'partly']"),
        (WiderType, "case: type is gone"),
        (OtherDefault, "grade.default: None became 3"),
        (NoLongerRequired, "provisional: may be missing now"),
        (BecameRequired, "grade: became required"),
        (RequiredAdded, "legal_on: is new and required"),
        (InnerRemoved, "parts.items.kind: is gone"),
        (InnerRequiredAdded, "parts.items.size: is new and required"),
        (OtherType, "$id: urn:onevisit:event:case.accepted.v1 became urn:onevisit:event:case.blocked.v1"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_change_that_readers_would_not_survive_is_refused(planted: type[EventContract], reason: str) -> None:
    found = breaks(schema(Released), schema(planted))
    assert any(reason in each for each in found), found


@pytest.mark.parametrize("harmless", [OptionalAdded, InnerOptionalAdded])
def test_a_field_more_that_may_be_missing_is_a_change_and_breaks_nothing(harmless: type[EventContract]) -> None:
    assert breaks(schema(Released), schema(harmless)) == []
    assert changed(schema(Released), schema(harmless))


def test_other_words_are_no_change() -> None:
    assert schema(OtherWords) != schema(Released)
    assert not changed(schema(Released), schema(OtherWords))

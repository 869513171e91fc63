"""What follows: fields with their sources, materials, steps in order, and how each need is met."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import JsonValue

from licensing.planning.model.definitions import Question
from licensing.planning.model.words import Element, Material
from shared.schemas import Text

FieldState = Literal["known", "missing", "conflicting", "stale", "unavailable"]
MaterialState = Literal["held", "awaited", "asked", "waived"]
MetBy = Literal["evidence", "answer", "item", "commitment", "applicant", "source"]


class Source(NamedTuple):
    """Where a value comes from: evidence with its issuer, or the applicant."""

    kind: Literal["certificate", "record", "applicant"]
    evidence: UUID | None = None
    evidence_kind: str | None = None
    issuer: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class Field:
    """An element as the applicant sees it. `asked`: it must be answered; a stale one must be confirmed instead.

    An unavailable one may be answered, but nothing waits for it.
    """

    element: Element
    label: Text
    schema: Mapping[str, JsonValue]
    sensitive: bool
    state: FieldState
    value: JsonValue
    source: Source | None
    serves: tuple[str, ...]
    disputed: bool
    why: Text | None

    @property
    def asked(self) -> bool:
        return self.state in {"missing", "conflicting"}

    @property
    def required(self) -> bool:
        """Whether the application cannot be submitted without an answer or a confirmation."""
        return self.asked or self.state == "stale"

    @property
    def answerable(self) -> bool:
        return self.state != "known" or (self.source is not None and self.source.kind == "applicant")


@dataclass(frozen=True)
class PlannedMaterial:
    """A material of the plan. `awaited` from an item of this thing, or, without one, from a silent source."""

    material: Material
    label: Text
    state: MaterialState
    source: Source | None
    from_item: str | None
    serves: tuple[str, ...]
    commitment: bool


@dataclass(frozen=True)
class Step:
    """One item in the order of work. `awaits` is what must exist before it is received, `waits_for` who yields it."""

    item: str
    title: Text
    department: str
    waits_for: tuple[str, ...]
    awaits: tuple[Material, ...]
    promised_days: int
    legal_days: int | None
    visits: int


class Need(NamedTuple):
    """How one need of one item is met. `reference`: the evidence id or the item code."""

    item: str
    target: Element | Material
    met_by: MetBy
    reference: UUID | str | None = None


class Counts(NamedTuple):
    """The reform in five numbers."""

    elements: int
    asked: int
    reused: int
    materials: int
    materials_asked: int


@dataclass(frozen=True)
class Plan:
    """What is known, what is asked, and the order of work. Fields and materials in the order of first use."""

    fields: tuple[Field, ...]
    materials: tuple[PlannedMaterial, ...]
    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    situation: Mapping[str, str]
    counts: Counts
    needs: tuple[Need, ...]

    @property
    def visits(self) -> int:
        """How often somebody must come in person for all of it."""
        return sum(step.visits for step in self.steps)

    @property
    def promised_days(self) -> int:
        """Working days until the last result: along the longest chain of waiting, as items in parallel cost nothing."""
        return self._longest({step.item: step.promised_days for step in self.steps})

    @property
    def legal_days(self) -> int | None:
        """As `promised_days`, by the law's limits; None where the law sets none for some item."""
        limits = {step.item: step.legal_days for step in self.steps if step.legal_days is not None}
        return self._longest(limits) if len(limits) == len(self.steps) else None

    def _longest(self, days: Mapping[str, int]) -> int:
        finished: dict[str, int] = {}
        for step in self.steps:
            finished[step.item] = days[step.item] + max((finished[item] for item in step.waits_for), default=0)
        return max(finished.values(), default=0)

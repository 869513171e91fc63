"""What is known when planning: evidence, answers, disputes, commitments, and the day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from licensing.planning.model.definitions import ThingDefinition
from licensing.planning.model.words import Bindings, Element, Material, Party


@dataclass(frozen=True)
class Evidence:
    """Evidence about a party as a source answered it. `valid_until` is the last day on which it holds."""

    id: UUID
    type: Literal["certificate", "record"]
    kind: str
    party: Party
    issuer: str
    as_of: date
    claims: Mapping[str, JsonValue]
    valid_until: date | None = None
    in_force: bool = True

    def holds_on(self, day: date) -> bool:
        return self.in_force and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Inputs:
    """All that a plan depends on. `unavailable`: kinds whose source did not answer.

    A disputed element is the applicant's to state: their version is in `answers` (Z-REG Art 7).
    """

    thing: ThingDefinition
    bindings: Bindings
    on: date
    evidence: tuple[Evidence, ...] = ()
    unavailable: frozenset[str] = frozenset()
    answers: Mapping[Element, JsonValue] = field(default_factory=dict)
    situation: Mapping[str, str] = field(default_factory=dict)
    disputes: frozenset[Element] = frozenset()
    commitments: frozenset[Material] = frozenset()

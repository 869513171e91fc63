"""A case as commands see it, and who acts on it."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from pydantic import JsonValue

from licensing.cases.model.plan import PlannedCase
from licensing.cases.model.states import State

Outcome = Literal["granted", "denied"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose act it is. An officer always acts for a department, in a region; the platform acts by the clock."""

    kind: Literal["officer", "applicant", "platform"]
    id: UUID | None = None
    department: str | None = None
    region: str | None = None


PLATFORM = Actor("platform")


@dataclass(frozen=True)
class Case:
    """One row of `cases`."""

    id: UUID
    number: str
    version: int
    state: State
    application: UUID
    application_number: str
    applicant: UUID
    thing: str
    item: str
    department: str
    region: str
    release: int
    plan: dict[str, Any]
    promised_days: int
    legal_days: int
    opened_at: datetime
    corrections: dict[str, JsonValue] = field(default_factory=dict)
    correction_asked: list[dict[str, str]] | None = None
    correction_due_on: date | None = None
    received_at: datetime | None = None
    corrected_at: datetime | None = None
    acceptance_due_on: date | None = None
    accepted_at: datetime | None = None
    accepted_on: date | None = None
    deemed_accepted: bool = False
    extended_days: int | None = None
    promised_on: date | None = None
    legal_on: date | None = None
    provisional: bool = False
    overdue_at: datetime | None = None
    officer: UUID | None = None
    outcome: Outcome | None = None
    decided_at: datetime | None = None
    decided_on: date | None = None
    digest: str | None = None
    ended_at: datetime | None = None

    @cached_property
    def planned(self) -> PlannedCase:
        """What the case was opened with."""
        return PlannedCase.model_validate(self.plan)

    @property
    def answers(self) -> dict[str, JsonValue]:
        """What the applicant stated, with their corrections."""
        return {**self.planned.answers, **self.corrections}


@dataclass(frozen=True, slots=True)
class Result:
    """One certificate or record of a case; `evidence` is its id once it exists."""

    index: int
    kind: str
    party: UUID
    evidence: UUID | None


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """What lists show, and what an application knows of its cases."""

    id: UUID
    number: str
    application: UUID
    item: str
    department: str
    region: str
    state: State
    outcome: Outcome | None
    version: int
    opened_at: datetime
    received_at: datetime | None
    promised_on: date | None
    legal_on: date | None
    provisional: bool
    overdue_at: datetime | None
    officer: UUID | None
    ended_at: datetime | None
    results: tuple[Result, ...] = ()

    @classmethod
    def of_opened(cls, case: Case) -> "CaseSummary":
        """Of a case that has just been opened, and that nothing has come of yet."""
        results = tuple(Result(planned.index, planned.kind, planned.party, None) for planned in case.planned.yields)
        shown = {field.name: getattr(case, field.name) for field in fields(cls) if field.name != "results"}
        return cls(**shown, results=results)

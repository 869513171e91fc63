"""An application as commands see it, what the applicant confirms with it, and what happens to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from licensing.cases.model import CaseSummary
from licensing.planning.model import Material

ApplicationState = Literal["submitted", "completed", "partly-completed", "withdrawn"]
DeliveryMethod = Literal["electronic", "post", "window"]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What an applicant says when submitting a draft: nothing that the draft has shown."""

    draft: UUID
    answers: dict[str, JsonValue]
    disputes: frozenset[str]
    commitments: frozenset[Material]
    materials: dict[Material, UUID]
    delivery: DeliveryMethod


@dataclass(frozen=True, slots=True)
class Application:
    """One row of `applications`."""

    id: UUID
    number: str
    version: int
    draft: UUID
    applicant: UUID
    app: str | None
    thing: str
    region: str
    applicant_region: str
    release: int
    delivery: DeliveryMethod
    state: ApplicationState
    submitted_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Opened:
    """An application with its cases, as they stand."""

    application: Application
    cases: tuple[CaseSummary, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an applicant disputes in one piece of evidence. `claims`: attribute -> {held, claimed}."""

    evidence: UUID
    evidence_kind: str
    department: str
    party: UUID
    claims: dict[str, dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Happened:
    """An act on a case of an application; without `act`, only that the case was opened."""

    case: UUID
    item: str
    department: str
    opened_at: datetime
    act: str | None = None
    state: str | None = None
    by_kind: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of progress. `track` 0 is the application's own, 1 and up those of its cases in the order of work."""

    track: int
    act: str
    state: str
    at: datetime
    case: UUID | None = None
    item: str | None = None
    department: str | None = None

"""A draft as commands see it, and the sheet that is shown of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import JsonValue

from licensing.calendar.rules import Deadline
from licensing.catalogue.releases import Release
from licensing.planning.model import Element, Plan, ThingDefinition
from shared.contracts.evidence import Evidence
from shared.contracts.representation import RepresentationStatement

DRAFT_LIFETIME: Final = timedelta(minutes=30)
# Whom the applicant may act for was established once, when the draft was made.
DRAFT_LONGEST: Final = timedelta(hours=8)
# For this long an expired draft is told from one that never was; then what it holds of people is deleted.
DRAFT_REMEMBERED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """One row of `drafts`. `chosen` is what the applicant said of roles, `bindings` the party that each role has."""

    id: UUID
    version: int
    sub: UUID
    act: str | None
    thing: str
    region: str
    release: int
    statement: RepresentationStatement
    chosen: dict[str, UUID]
    bindings: dict[str, UUID]
    situation: dict[str, str]
    answers: dict[Element, JsonValue]
    disputes: frozenset[Element]
    evidence: tuple[Evidence, ...]
    unavailable: frozenset[str]
    fingerprint: str
    evidence_at: datetime
    created_at: datetime
    expires_at: datetime
    application: UUID | None = None

    def expiry_at(self, at: datetime) -> datetime:
        """When it expires if it is used now: each use prolongs it, up to a limit."""
        return min(at + DRAFT_LIFETIME, self.created_at + DRAFT_LONGEST)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft with the plan that follows from it. `promised`: the end of the longest chain of steps."""

    draft: Draft
    release: Release
    thing: ThingDefinition
    plan: Plan
    promised: Deadline

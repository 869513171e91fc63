"""Cases: the plan they are opened with, the table of their life, and the tables they are kept in."""

from licensing.cases.model.case import PLATFORM, Actor, Case, CaseSummary, Outcome, Result
from licensing.cases.model.plan import (
    ApplicationFacts,
    Awaited,
    ClaimOrigin,
    FieldSource,
    FrozenField,
    PlannedCase,
    PlannedYield,
    Requirement,
)
from licensing.cases.model.states import ENDED, MOVES, OPEN, Act, Move, State, acts_in

__all__ = [
    "ENDED",
    "MOVES",
    "OPEN",
    "PLATFORM",
    "Act",
    "Actor",
    "ApplicationFacts",
    "Awaited",
    "Case",
    "CaseSummary",
    "ClaimOrigin",
    "FieldSource",
    "FrozenField",
    "Move",
    "Outcome",
    "PlannedCase",
    "PlannedYield",
    "Requirement",
    "Result",
    "State",
    "acts_in",
]

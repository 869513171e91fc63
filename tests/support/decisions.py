"""Decisions as licensing announces them: the event beside the yield that it is about."""

from typing import Any

from shared.contracts.events import CaseDecided, YieldedKind
from shared.contracts.yields import CaseYield


def announced(decided: CaseYield, **changes: Any) -> CaseDecided:
    """The event that licensing publishes for a decision; `changes` replace its data."""
    fields: dict[str, Any] = {
        "case": decided.case,
        "application": decided.application,
        "item": decided.item,
        "department": decided.department,
        "state": "decided",
        "outcome": decided.outcome,
        "yields": [YieldedKind(index=y.index, type=y.type, kind=y.kind, party=y.party) for y in decided.yields],
        "digest": decided.digest,
    }
    return CaseDecided.model_validate(fields | changes)

"""Decisions as licensing makes and announces them: what a case yields, and the event about it."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.events import CaseDecided, YieldedKind
from shared.contracts.yields import CaseYield, Yielded, yields_digest
from shared.schemas import Text

DECIDED_ON = date(2026, 3, 11)


def decided_case(*yields: Yielded, case: UUID | None = None, **changes: object) -> CaseYield:
    """Public security registered a newborn in Yiwu; of a new case unless told otherwise. `changes` replace facts."""
    fields: dict[str, object] = {
        "case": case or uuid4(),
        "application": UUID(int=31),
        "item": "household-registration",
        "department": "public-security",
        "department_name": Text(zh="公安局", en="Public security"),
        "issuer_uscc": "113307820025990000",
        "region": "330782",
        "decided_on": DECIDED_ON,
        "outcome": "granted",
        "yields": yields,
        "digest": yields_digest(yields),
    }
    return CaseYield.model_validate(fields | changes)


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

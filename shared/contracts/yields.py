"""What a granted case yields: read once by the services that issue certificates and file records."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from shared.canonical import digest
from shared.contracts.evidence import EvidenceType
from shared.schemas import Code, RegionCode, Strict, Text


class Yielded(Strict):
    """One certificate to issue or record to file; `region` is where its party lives, as known at the decision."""

    index: int
    type: EvidenceType
    kind: Code
    label: Text
    type_code: str | None = None
    party: UUID
    region: RegionCode
    claims: dict[str, JsonValue]
    valid_from: date
    valid_until: date | None = None


class CaseYield(Strict):
    """The frozen result of a case. `digest` is over `yields`, and is also in `case.decided`."""

    case: UUID
    application: UUID
    item: Code
    department: Code
    department_name: Text
    issuer_uscc: str
    region: RegionCode
    decided_on: date
    outcome: Literal["granted", "denied"]
    yields: tuple[Yielded, ...]
    digest: str


def yields_digest(yields: tuple[Yielded, ...]) -> str:
    """The digest that binds a decision to what is issued from it."""
    return digest([item.model_dump(mode="json") for item in yields])

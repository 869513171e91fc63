"""What a granted case yields: read once by the services that issue certificates and file records."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from shared.canonical import digest
from shared.contracts.evidence import EvidenceType
from shared.schemas import Code, RegionCode, Strict, Text


class Yielded(Strict):
    """One certificate to issue or record to file; `region` is where its party lives, as known at the decision.

    `one_per_holder`: a party has one such certificate at most, so a new one takes the place of the one before.
    """

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
    one_per_holder: bool = False


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
    return digest([_digested(item) for item in yields])


def _digested(item: Yielded) -> dict[str, JsonValue]:
    """Decisions from before there was `one_per_holder` keep their digests: what is not said is not in it."""
    dumped = item.model_dump(mode="json")
    return dumped if item.one_per_holder else {name: dumped[name] for name in dumped if name != "one_per_holder"}

"""What a case is opened with: the plan of one item, frozen whole at submission. The seam to `applications/`."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from licensing.planning.model import Choice, Claim, Constant, Decided, Element
from shared.contracts.events import UsedEvidence
from shared.contracts.evidence import EvidenceType
from shared.schemas import Code, ElementCode, Paragraph, RegionCode, Strict, Text


class ApplicationFacts(Strict):
    """The application that the cases belong to. `evidence_at`: when the evidence behind the plan was read."""

    id: UUID
    number: str
    thing: Code
    region: RegionCode
    applicant: UUID
    submitted_at: datetime
    evidence_at: datetime
    app: str | None = None


class FieldSource(Strict):
    """Where a value comes from. `dispute`: the applicant's version, which prevails (Z-REG Art 7)."""

    kind: Literal["evidence", "answer", "dispute"]
    evidence: UUID | None = None
    evidence_kind: Code | None = None
    issuer: Code | None = None
    as_of: date | None = None


class FrozenField(Strict):
    """One element that the item needs, with its value as the applicant confirmed it (None: not known)."""

    element: ElementCode
    label: Text
    value: JsonValue = None
    source: FieldSource | None = None
    json_schema: dict[str, JsonValue] | None = None


class Awaited(Strict):
    """Evidence that another case of the application is to yield first."""

    kind: Code
    party: UUID
    # Plans that were stored before this field waited for nothing but certificates.
    type: EvidenceType = "certificate"


class Requirement(Strict):
    """One thing that a correction notice asks for."""

    element: ElementCode
    reason: Paragraph


class ClaimOrigin(Strict):
    """Where a claim of a result comes from; with nothing set, only the deciding department can state it."""

    element: ElementCode | None = None
    by: ElementCode | None = None
    options: dict[str, ElementCode] = Field(default_factory=dict)
    value: JsonValue = None

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """The origin as it is stored, from the catalogue's definition."""
        match claim:
            case Element():
                return cls(element=str(claim))
            case Choice():
                return cls(by=str(claim.by), options={code: str(element) for code, element in claim.options.items()})
            case Constant():
                return cls(value=claim.value)
            case Decided():
                return cls()

    def claim(self) -> Claim:
        """The definition that planning works on."""
        if self.element is not None:
            return Element.parse(self.element)
        if self.by is not None:
            return Choice(Element.parse(self.by), {code: Element.parse(e) for code, e in self.options.items()})
        return Decided() if self.value is None else Constant(self.value)


class PlannedYield(Strict):
    """One certificate or record that the item yields. `region` is its party's; `claims`: attribute -> origin.

    `forms`: attribute -> JSON Schema of the vocabulary, which holds for what an officer states, too.
    """

    index: int
    type: EvidenceType
    kind: Code
    role: Code
    party: UUID
    region: RegionCode
    label: Text
    claims: dict[Code, ClaimOrigin]
    forms: dict[Code, dict[str, JsonValue]] = Field(default_factory=dict)
    type_code: str | None = None
    one_per_holder: bool = False
    valid_years: int | None = None


class PlannedCase(Strict):
    """One item of the application. `region` is where it is handled; days are working days from acceptance.

    `legal_days` None: the guide names no special limit, so the ordinary one holds (ALL Art 42). `evidence`: the held
    pieces that met the needs of this very item.
    """

    item: Code
    title: Text
    department: Code
    department_name: Text
    issuer_uscc: str
    region: RegionCode
    release: int
    promised_days: int
    legal_days: int | None
    roles: dict[Code, UUID]
    waits_for: tuple[Awaited, ...] = ()
    evidence: tuple[UsedEvidence, ...] = ()
    fields: tuple[FrozenField, ...] = ()
    answers: dict[ElementCode, JsonValue] = Field(default_factory=dict)
    yields: tuple[PlannedYield, ...] = ()
    grant_parties: tuple[UUID, ...] = ()
    grant_kinds: tuple[Code, ...] = ()

"""What the catalogue says about evidence and departments, as other services need it: kinds, vocabulary, who may read
what, and whom an item or a thing concerns.
"""

from pydantic import Field, JsonValue

from shared.contracts.evidence import EvidenceType
from shared.schemas import Code, RegionCode, Strict, Text


class SharingRule(Strict):
    """For `item`, `reader` may read these attributes of this kind, about parties in these regions."""

    item: Code
    reader: Code
    kind: Code
    attributes: tuple[Code, ...]
    regions: tuple[RegionCode, ...]


class EvidenceKind(Strict):
    """A kind of evidence: who issues it, what it says, whether the holder's identity number stands on it, and whether

    a holder has one certificate of it in force at most.
    """

    code: Code
    type: EvidenceType
    label: Text
    issuer: Code
    attributes: tuple[Code, ...]
    prints_number: bool = False
    one_per_holder: bool = False


class OfferedItem(Strict):
    """An item, and the department that decides its cases."""

    code: Code
    department: Code


class OfferedThing(Strict):
    """A thing, and the items that it is made of."""

    code: Code
    items: tuple[Code, ...]


class NamedDepartment(Strict):
    """A department, what it is called, and its credit code (GB 32100)."""

    code: Code
    name: Text
    uscc: str | None = None


class SharingRules(Strict):
    """The answer of `GET /internal/sharing-rules`: one release. `vocabulary` maps attribute to JSON Schema,
    `labels` to what people call it.
    """

    release: int
    rules: tuple[SharingRule, ...]
    kinds: tuple[EvidenceKind, ...]
    vocabulary: dict[Code, JsonValue]
    labels: dict[Code, Text] = Field(default_factory=dict)
    items: tuple[OfferedItem, ...] = ()
    things: tuple[OfferedThing, ...] = ()
    departments: tuple[NamedDepartment, ...] = ()

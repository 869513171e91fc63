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
    """A kind of evidence: who issues it, what it says, and whether the holder's identity number stands on it."""

    code: Code
    type: EvidenceType
    label: Text
    issuer: Code
    attributes: tuple[Code, ...]
    prints_number: bool = False


class OfferedItem(Strict):
    """An item, and the department that decides its cases."""

    code: Code
    department: Code


class OfferedThing(Strict):
    """A thing, and the items that it is made of."""

    code: Code
    items: tuple[Code, ...]


class NamedDepartment(Strict):
    """A department, and what it is called."""

    code: Code
    name: Text


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

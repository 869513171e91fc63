"""What the catalogue says about evidence, as its sources need it: kinds, vocabulary, and who may read what."""

from pydantic import JsonValue

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
    """A kind of evidence: who issues it, what it says."""

    code: Code
    type: EvidenceType
    label: Text
    issuer: Code
    attributes: tuple[Code, ...]


class SharingRules(Strict):
    """The answer of `GET /internal/sharing-rules`: one release. `vocabulary` maps attribute to JSON Schema."""

    release: int
    rules: tuple[SharingRule, ...]
    kinds: tuple[EvidenceKind, ...]
    vocabulary: dict[Code, JsonValue]

"""What a thing needs and yields, as a published catalogue says it. Definitions never change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import JsonValue

from licensing.planning.model.words import Element, Material
from shared.schemas import Text


@dataclass(frozen=True)
class Attribute:
    """A datum of the vocabulary: its name for people, its JSON Schema, whether it is masked on screens."""

    code: str
    label: Text
    schema: Mapping[str, JsonValue]
    sensitive: bool = False


@dataclass(frozen=True)
class EvidenceKind:
    """What planning must know of a kind. Lower rank is better; `fresh_days` None never grows stale."""

    code: str
    type: Literal["certificate", "record"]
    label: Text
    attributes: frozenset[str]
    rank: int = 1
    authoritative_for: frozenset[str] = frozenset()
    fresh_days: int | None = None

    def authority_for(self, attribute: str) -> tuple[int, int]:
        """Smaller prevails: the authoritative kinds of an attribute first, then by rank."""
        return (0 if attribute in self.authoritative_for else 1, self.rank)


@dataclass(frozen=True)
class ElementNeed:
    """An item's need of one element. `sources` are the kinds that it is entitled to read the element from.

    `ask`: nobody holds it, so it is asked. `always_ask`: it is the applicant's to decide, whatever is held.
    """

    element: Element
    sources: frozenset[str] = frozenset()
    ask: bool = False
    always_ask: bool = False
    why: Text | None = None


@dataclass(frozen=True)
class EvidenceNeed:
    """An item's need of a material. `commitment`: a written commitment may stand for it (Z-REG Art 14)."""

    material: Material
    commitment: bool = False


@dataclass(frozen=True)
class Choice:
    """A claim that one answer selects: the household address of the parent whose household the child joins."""

    by: Element
    options: Mapping[str, Element]


@dataclass(frozen=True)
class Constant:
    """A claim that is the same in every case."""

    value: JsonValue


@dataclass(frozen=True)
class Decided:
    """A claim that only the deciding department can state, such as an amount."""


Claim = Element | Choice | Constant | Decided


@dataclass(frozen=True)
class Yield:
    """What an item gives when it is granted: evidence of a kind about a role, with the origin of each claim."""

    kind: str
    type: Literal["certificate", "record"]
    role: str
    claims: Mapping[str, Claim]
    valid_years: int | None = None

    @property
    def material(self) -> Material:
        return Material(self.kind, self.role)

    @property
    def elements(self) -> frozenset[Element]:
        """What others can read from it."""
        return frozenset(Element(self.role, attribute) for attribute in self.claims)


@dataclass(frozen=True)
class ItemNeeds:
    """One act of one department: what it needs, what it yields, in which situation it is done at all."""

    code: str
    title: Text
    department: str
    elements: tuple[ElementNeed, ...]
    evidence: tuple[EvidenceNeed, ...]
    yields: tuple[Yield, ...]
    when: Mapping[str, str] = field(default_factory=dict)
    promised_days: int = 0
    legal_days: int | None = None
    visits: int = 0

    def applies(self, situation: Mapping[str, str]) -> bool:
        return all(situation.get(question) == option for question, option in self.when.items())


@dataclass(frozen=True)
class Option:
    """One answer to a question of situation."""

    code: str
    label: Text


@dataclass(frozen=True)
class Question:
    """A question whose answer decides which items are done; it always has a default."""

    code: str
    label: Text
    options: tuple[Option, ...]
    default: str


@dataclass(frozen=True)
class RoleRule:
    """One way to find the party of a role. Exactly one of `own`, `represented`, `absent`, `kind` is set.

    `kind` is a relation (mother, father, spouse, child_of) to the party of role `of`.
    """

    own: bool = False
    represented: bool = False
    absent: bool = False
    kind: Literal["mother", "father", "spouse", "child_of"] | None = None
    of: str | None = None
    unnumbered: bool = False


@dataclass(frozen=True)
class RoleSpec:
    """A role of a thing and the ways to find its party, tried in order."""

    role: str
    label: Text
    rules: tuple[RoleRule, ...]


@dataclass(frozen=True)
class ThingDefinition:
    """What the applicant wants done: items, the roles they speak of, and the questions that choose among them."""

    code: str
    title: Text
    roles: tuple[RoleSpec, ...]
    items: tuple[ItemNeeds, ...]
    questions: tuple[Question, ...]
    kinds: Mapping[str, EvidenceKind]
    attributes: Mapping[str, Attribute]
    # What others have worked out of this definition; it never changes, so nothing is worked out twice.
    worked_out: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

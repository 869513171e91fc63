"""The facts that planning works on: what a thing needs and yields, what is held, and the plan that follows.

Definitions come from a published catalogue and never change; everything here is immutable and free of I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple
from uuid import UUID

from pydantic import JsonValue

from shared.schemas import Text

if TYPE_CHECKING:
    from licensing.planning.structure import Structure

Party = UUID
Bindings = Mapping[str, Party]  # role -> party; an absent role has no entry

FieldState = Literal["known", "missing", "conflicting", "stale", "unavailable"]
MaterialState = Literal["held", "awaited", "asked", "waived"]
MetBy = Literal["evidence", "answer", "item", "commitment", "applicant", "source"]


class Element(NamedTuple):
    """One datum of a role, written `child.name`."""

    role: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.role}.{self.attribute}"

    @classmethod
    def parse(cls, text: str) -> "Element":
        """From `role.attribute`; the caller has checked the form."""
        role, attribute = text.split(".")
        return cls(role, attribute)


class Material(NamedTuple):
    """A kind of evidence about a role, such as the child's birth medical certificate."""

    kind: str
    role: str


# --- definitions ------------------------------------------------------------------------------------------------


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
    # What `planning.structure` has worked out of this definition; it never changes, so it is never computed twice.
    structures: "dict[object, Structure]" = field(default_factory=dict, init=False, repr=False, compare=False)


# --- what is known when planning --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """Evidence about a party as a source answered it. `valid_until` is the last day on which it holds."""

    id: UUID
    type: Literal["certificate", "record"]
    kind: str
    party: Party
    issuer: str
    as_of: date
    claims: Mapping[str, JsonValue]
    valid_until: date | None = None
    in_force: bool = True

    def holds_on(self, day: date) -> bool:
        return self.in_force and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Inputs:
    """All that a plan depends on. `unavailable`: kinds whose source did not answer.

    A disputed element is the applicant's to state: their version is in `answers` (Z-REG Art 7).
    """

    thing: ThingDefinition
    bindings: Bindings
    on: date
    evidence: tuple[Evidence, ...] = ()
    unavailable: frozenset[str] = frozenset()
    answers: Mapping[Element, JsonValue] = field(default_factory=dict)
    situation: Mapping[str, str] = field(default_factory=dict)
    disputes: frozenset[Element] = frozenset()
    commitments: frozenset[Material] = frozenset()


# --- the plan ---------------------------------------------------------------------------------------------------


class Source(NamedTuple):
    """Where a value comes from: evidence with its issuer, or the applicant."""

    kind: Literal["certificate", "record", "applicant"]
    evidence: UUID | None = None
    evidence_kind: str | None = None
    issuer: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class Field:
    """An element as the applicant sees it. `asked`: it must be answered; a stale one must be confirmed instead.

    An unavailable one may be answered, but nothing waits for it.
    """

    element: Element
    label: Text
    schema: Mapping[str, JsonValue]
    sensitive: bool
    state: FieldState
    value: JsonValue
    source: Source | None
    serves: tuple[str, ...]
    disputed: bool
    why: Text | None

    @property
    def asked(self) -> bool:
        return self.state in {"missing", "conflicting"}

    @property
    def required(self) -> bool:
        """Whether the application cannot be submitted without an answer or a confirmation."""
        return self.asked or self.state == "stale"

    @property
    def answerable(self) -> bool:
        return self.state != "known" or (self.source is not None and self.source.kind == "applicant")


@dataclass(frozen=True)
class PlannedMaterial:
    """A material of the plan. `awaited` from an item of this thing, or, without one, from a silent source."""

    material: Material
    label: Text
    state: MaterialState
    source: Source | None
    from_item: str | None
    serves: tuple[str, ...]
    commitment: bool


@dataclass(frozen=True)
class Step:
    """One item in the order of work. `awaits` is what must exist before it is received, `waits_for` who yields it."""

    item: str
    title: Text
    department: str
    waits_for: tuple[str, ...]
    awaits: tuple[Material, ...]
    promised_days: int
    legal_days: int | None
    visits: int


class Need(NamedTuple):
    """How one need of one item is met. `reference`: the evidence id or the item code."""

    item: str
    target: Element | Material
    met_by: MetBy
    reference: UUID | str | None = None


class Counts(NamedTuple):
    """The reform in five numbers."""

    elements: int
    asked: int
    reused: int
    materials: int
    materials_asked: int


@dataclass(frozen=True)
class Plan:
    """What is known, what is asked, and the order of work. Fields and materials in the order of first use."""

    fields: tuple[Field, ...]
    materials: tuple[PlannedMaterial, ...]
    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    situation: Mapping[str, str]
    counts: Counts
    needs: tuple[Need, ...]

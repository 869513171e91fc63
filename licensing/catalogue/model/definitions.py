"""What the catalogue's files may say. Strict: a key that nobody reads is a mistake that nobody would see."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from shared import schemas
from shared.schemas import Code, ElementCode, RegionCode, Strict

ItemType = Literal["licence", "payment", "confirmation", "reward", "adjudication", "other-power", "public-service"]
Channel = Literal["online", "mobile", "window", "post"]
Said = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]


class Text(schemas.Text):
    """A text for people. Both languages, neither blank."""

    zh: Said
    en: Said


class Attribute(Strict):
    """A datum of the vocabulary, with the JSON Schema of its value."""

    code: Code
    label: Text
    json_schema: Annotated[dict[str, JsonValue], Field(alias="schema")]
    sensitive: bool = False


class Role(Strict):
    """A party's part in a thing. A newborn is a person who has no identity number yet."""

    code: Code
    label: Text
    subject: Literal["person", "newborn", "organisation"]


class EvidenceKind(Strict):
    """A kind of certificate or record. `held`: its issuer files it, whether or not an item yields it.

    `subject` resident: only persons with an identity number can have it; newborn: only those without. Lower `rank` is
    better. `one_per_holder`: nobody has two of these certificates in force; a new one takes the place of the old.
    `prints_number`: the law wants the holder's identity number on it, which only identity knows.
    """

    code: Code
    type: Literal["certificate", "record"]
    label: Text
    issuer: Code
    subject: Literal["person", "resident", "newborn", "organisation"]
    attributes: tuple[Code, ...]
    held: bool = False
    rank: Annotated[int, Field(ge=1)] = 1
    authoritative_for: tuple[Code, ...] = ()
    fresh_days: Annotated[int, Field(ge=1)] | None = None
    type_code: str | None = None
    one_per_holder: bool = False
    prints_number: bool = False


class Department(Strict):
    """A body that decides items or issues evidence, in its region and below."""

    code: Code
    name: Text
    uscc: str
    region: RegionCode


class FlowStep(Strict):
    """A step of the handling flow and the working days that it may take."""

    name: Text
    days: Annotated[int, Field(ge=0)]


class Fee(Strict):
    """What is charged, and the law that allows it (ALL Art 58)."""

    standard: Text
    basis: Text


class Guide(Strict):
    """The service guide (办事指南) of an item; the fields that Z-REG Art 4 and Art 12 make mandatory.

    Days are working days. `legal_days` None: the law sets no limit, so the promise is the limit.
    """

    item_code: str
    item_type: ItemType
    case_kind: Literal["immediate", "promised"]
    service_object: Literal["person", "organisation"]
    legal_basis: tuple[Text, ...]
    legal_days: Annotated[int, Field(ge=1)] | None
    promised_days: Annotated[int, Field(ge=0)]
    visits: Annotated[int, Field(ge=0)]
    visit_reason: Text | None = None
    exception: Text | None = None
    conditions: tuple[Text, ...]
    flow: tuple[FlowStep, ...]
    fee: Literal["none"] | Fee
    channels: tuple[Channel, ...]
    handling_place: Text
    office_hours: Text
    contact: Said
    supervision: Said
    result: tuple[Text, ...]


class ElementNeed(Strict):
    """An element that an item needs; see `licensing.planning.model.ElementNeed`."""

    element: ElementCode
    ask: bool = False
    always_ask: bool = False
    why: Text | None = None


class EvidenceNeed(Strict):
    """A material that an item needs. `upload`: the applicant may hand it in where nobody holds it."""

    kind: Code
    role: Code
    upload: bool = False
    commitment: bool = False


class Needs(Strict):
    """All that an item needs."""

    elements: tuple[ElementNeed, ...] = ()
    evidence: tuple[EvidenceNeed, ...] = ()


class ChosenClaim(Strict):
    """A claim whose element depends on the value of another element."""

    by: ElementCode
    options: Mapping[str, ElementCode]


class ConstantClaim(Strict):
    """A claim that is the same in every case."""

    value: JsonValue


class DecidedClaim(Strict):
    """A claim that the deciding officer states."""

    decided: Literal[True]


Claim = ElementCode | ChosenClaim | ConstantClaim | DecidedClaim


class Validity(Strict):
    """How long a yield is in force."""

    years: Annotated[int, Field(ge=1)]


class Yield(Strict):
    """What an item gives when it is granted."""

    kind: Code
    role: Code
    claims: Mapping[Code, Claim]
    valid_for: Validity | None = None


class Item(Strict):
    """One act (事项) of one department, offered in a region and everything below it."""

    code: Code
    title: Text
    department: Code
    region: RegionCode
    guide: Guide
    needs: Needs
    yields: tuple[Yield, ...]


class RoleRule(Strict):
    """One way to find the party of a role; exactly one of `self`, `represented`, `absent`, `kind`."""

    own: Annotated[bool, Field(alias="self")] = False
    represented: bool = False
    absent: bool = False
    kind: Literal["mother", "father", "spouse", "child_of"] | None = None
    of: Code | None = None
    unnumbered: bool = False

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if [self.own, self.represented, self.absent, self.kind is not None].count(True) != 1:
            raise ValueError("say exactly one of self, represented, absent, kind")
        if (self.kind is None) == (self.of is not None):
            raise ValueError("`kind` and `of` belong together")
        return self


class ThingItem(Strict):
    """An item of a thing, and the situation in which it is done."""

    item: Code
    when: Mapping[Code, Code] = {}


class Option(Strict):
    """One answer to a question of situation."""

    code: Code
    label: Text


class Question(Strict):
    """A question of situation. It must have a default, so that a first draft asks nothing."""

    code: Code
    label: Text
    options: tuple[Option, ...]
    default: Code | None = None


class Thing(Strict):
    """What an applicant wants done (一件事): one item, or a life event of several."""

    code: Code
    title: Text
    summary: Text
    stage: Code
    applicant: Literal["person", "organisation"]
    lead: Code
    roles: Mapping[Code, tuple[RoleRule, ...]]
    items: tuple[ThingItem, ...]
    questions: tuple[Question, ...] = ()


class SharingRule(Strict):
    """Who may read which attributes of a kind for an item, where, and by which law."""

    item: Code
    readers: tuple[Code, ...]
    kind: Code
    attributes: tuple[Code, ...]
    regions: tuple[RegionCode, ...]
    basis: Text

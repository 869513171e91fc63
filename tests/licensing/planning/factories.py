"""Small definitions and pieces of evidence, named by one letter where the name does not matter."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from pydantic import JsonValue

from licensing.planning.model import (
    Attribute,
    Element,
    ElementNeed,
    Evidence,
    EvidenceKind,
    EvidenceNeed,
    Inputs,
    ItemNeeds,
    Material,
    Question,
    RoleRule,
    RoleSpec,
    ThingDefinition,
    Yield,
)
from shared.schemas import Text

TODAY = date(2026, 3, 11)
APPLICANT = UUID(int=1)


def text(word: str) -> Text:
    return Text(zh=word, en=word)


def kind(
    code: str, *attributes: str, rank: int = 1, best: Sequence[str] = (), fresh_days: int | None = None
) -> EvidenceKind:
    return EvidenceKind(
        code,
        "record",
        text(code),
        frozenset(attributes),
        rank=rank,
        authoritative_for=frozenset(best),
        fresh_days=fresh_days,
    )


def needs(element: str, *sources: str, ask: bool = False, always_ask: bool = False) -> ElementNeed:
    return ElementNeed(Element.parse(element), frozenset(sources), ask=ask, always_ask=always_ask)


def material(code: str, role: str = "applicant", *, commitment: bool = False) -> EvidenceNeed:
    return EvidenceNeed(Material(code, role), commitment=commitment)


def yields(code: str, *elements: str, role: str = "applicant") -> Yield:
    parsed = [Element.parse(element) for element in elements]
    return Yield(code, "record", role, {element.attribute: element for element in parsed})


def item(
    code: str,
    *wanted: ElementNeed | EvidenceNeed,
    gives: Sequence[Yield] = (),
    when: Mapping[str, str] | None = None,
    days: int = 1,
) -> ItemNeeds:
    return ItemNeeds(
        code=code,
        title=text(code),
        department=f"department-of-{code}",
        elements=tuple(need for need in wanted if isinstance(need, ElementNeed)),
        evidence=tuple(need for need in wanted if isinstance(need, EvidenceNeed)),
        yields=tuple(gives),
        when=when or {},
        promised_days=days,
    )


def thing(
    *items: ItemNeeds,
    kinds: Sequence[EvidenceKind] = (),
    questions: Sequence[Question] = (),
    roles: Sequence[str] = ("applicant",),
) -> ThingDefinition:
    """A thing whose vocabulary is what its items and kinds speak of."""
    attributes = {need.element.attribute for each in items for need in each.elements}
    attributes |= {attribute for each in kinds for attribute in each.attributes}
    return ThingDefinition(
        code="thing",
        title=text("thing"),
        roles=tuple(RoleSpec(role, text(role), (RoleRule(own=True),)) for role in roles),
        items=items,
        questions=tuple(questions),
        kinds={each.code: each for each in kinds},
        attributes={code: Attribute(code, text(code), {"type": "string"}) for code in attributes},
    )


def evidence(
    number: int,
    code: str,
    party: UUID = APPLICANT,
    *,
    as_of: date = TODAY,
    valid_until: date | None = None,
    in_force: bool = True,
    claims: Mapping[str, JsonValue] | None = None,
) -> Evidence:
    return Evidence(
        id=UUID(int=1000 + number),
        type="record",
        kind=code,
        party=party,
        issuer="registry",
        as_of=as_of,
        claims=claims or {},
        valid_until=valid_until,
        in_force=in_force,
    )


def inputs(
    definition: ThingDefinition,
    *pieces: Evidence,
    answers: Mapping[str, JsonValue] | None = None,
    unavailable: Sequence[str] = (),
    disputes: Sequence[str] = (),
    commitments: Sequence[Material] = (),
    situation: Mapping[str, str] | None = None,
) -> Inputs:
    """The applicant alone, today."""
    return Inputs(
        thing=definition,
        bindings={"applicant": APPLICANT},
        on=TODAY,
        evidence=pieces,
        unavailable=frozenset(unavailable),
        answers={Element.parse(element): value for element, value in (answers or {}).items()},
        situation=situation or {},
        disputes=frozenset(Element.parse(element) for element in disputes),
        commitments=frozenset(commitments),
    )

"""A parsed catalogue: every definition by its code, and the definition of a thing as planning needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from licensing.catalogue.model.definitions import (
    Attribute,
    ChosenClaim,
    Claim,
    ConstantClaim,
    DecidedClaim,
    Department,
    EvidenceKind,
    Item,
    Role,
    SharingRule,
    Thing,
    ThingItem,
)
from licensing.planning import model as planning
from licensing.planning.model import Element, Material
from licensing.planning.structure import prerequisites
from shared.regions import covers

PLATFORM = "licensing"  # the reader that drafts for the applicant
SUBJECTS: Mapping[str, frozenset[str]] = {  # subject of a role -> subjects of evidence that can be about it
    "person": frozenset({"person", "resident"}),
    "newborn": frozenset({"person", "newborn"}),
    "organisation": frozenset({"organisation"}),
}


class Finding(NamedTuple):
    """One refusal of the lint: where, about what, which rule, and why in one sentence."""

    file: str
    item: str
    code: str
    cause: str


@dataclass(frozen=True)
class Catalogue:
    """All definitions of one release. Immutable; what is derived from it is derived once."""

    departments: Mapping[str, Department]
    attributes: Mapping[str, Attribute]
    roles: Mapping[str, Role]
    kinds: Mapping[str, EvidenceKind]
    items: Mapping[str, Item]
    things: Mapping[str, Thing]
    sharing_rules: tuple[SharingRule, ...]
    _definitions: dict[str, planning.ThingDefinition] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def definition(self, thing: str) -> planning.ThingDefinition:
        """What planning works on. KeyError for a thing that the catalogue does not have."""
        if thing not in self._definitions:
            self._definitions[thing] = _definition(self, self.things[thing])
        return self._definitions[thing]

    def is_offered(self, thing: str, *, region: str) -> bool:
        """Whether every item that the thing may need is offered in the region."""
        return all(covers(self.items[part.item].region, region) for part in self.things[thing].items)

    def readable(self, item: str, *, reader: str) -> dict[str, frozenset[str]]:
        """Kind -> attributes that a reader may read for an item."""
        allowed: dict[str, frozenset[str]] = {}
        for rule in self.sharing_rules:
            if rule.item == item and reader in rule.readers:
                allowed[rule.kind] = allowed.get(rule.kind, frozenset()) | frozenset(rule.attributes)
        return allowed

    def can_be_about(self, kind: str, role: str) -> bool:
        """Whether a kind of evidence can exist about the party of a role. A newborn has nothing that needs a number."""
        return self.kinds[kind].subject in SUBJECTS[self.roles[role].subject]


def prerequisites_of(catalogue: Catalogue, thing: str) -> dict[str, set[str]]:
    """For every item of a thing, the items that may have to come first."""
    return prerequisites(catalogue.definition(thing).items)


def _definition(catalogue: Catalogue, thing: Thing) -> planning.ThingDefinition:
    return planning.ThingDefinition(
        code=thing.code,
        title=thing.title,
        roles=tuple(
            planning.RoleSpec(
                role,
                catalogue.roles[role].label,
                tuple(planning.RoleRule(**rule.model_dump()) for rule in rules),
            )
            for role, rules in thing.roles.items()
        ),
        items=tuple(_item(catalogue, part) for part in thing.items),
        questions=tuple(
            planning.Question(
                question.code,
                question.label,
                tuple(planning.Option(option.code, option.label) for option in question.options),
                question.default or question.options[0].code,
            )
            for question in thing.questions
        ),
        kinds={code: _kind(kind) for code, kind in catalogue.kinds.items()},
        attributes={
            code: planning.Attribute(code, attribute.label, attribute.json_schema, attribute.sensitive)
            for code, attribute in catalogue.attributes.items()
        },
    )


def _item(catalogue: Catalogue, part: ThingItem) -> planning.ItemNeeds:
    item = catalogue.items[part.item]
    readable = catalogue.readable(item.code, reader=PLATFORM)
    elements = []
    for need in item.needs.elements:
        element = Element.parse(need.element)
        sources = frozenset(
            kind
            for kind, attributes in readable.items()
            if element.attribute in attributes and catalogue.can_be_about(kind, element.role)
        )
        elements.append(planning.ElementNeed(element, sources, ask=need.ask, always_ask=need.always_ask, why=need.why))
    return planning.ItemNeeds(
        code=item.code,
        title=item.title,
        department=item.department,
        elements=tuple(elements),
        evidence=tuple(
            planning.EvidenceNeed(Material(need.kind, need.role), commitment=need.commitment)
            for need in item.needs.evidence
        ),
        yields=tuple(
            planning.Yield(
                kind=result.kind,
                type=catalogue.kinds[result.kind].type,
                role=result.role,
                claims={attribute: _claim(claim) for attribute, claim in result.claims.items()},
                valid_years=result.valid_for.years if result.valid_for else None,
            )
            for result in item.yields
        ),
        when=part.when,
        promised_days=item.guide.promised_days,
        legal_days=item.guide.legal_days,
        visits=item.guide.visits,
    )


def _claim(claim: Claim) -> planning.Claim:
    match claim:
        case ChosenClaim():
            options = {value: Element.parse(element) for value, element in claim.options.items()}
            return planning.Choice(Element.parse(claim.by), options)
        case ConstantClaim():
            return planning.Constant(claim.value)
        case DecidedClaim():
            return planning.Decided()
        case _:
            return Element.parse(claim)


def _kind(kind: EvidenceKind) -> planning.EvidenceKind:
    return planning.EvidenceKind(
        code=kind.code,
        type=kind.type,
        label=kind.label,
        attributes=frozenset(kind.attributes),
        rank=kind.rank,
        authoritative_for=frozenset(kind.authoritative_for),
        fresh_days=kind.fresh_days,
    )

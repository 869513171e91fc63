"""From a complete plan to what departments get: one planned case per step, and a ticket per disputed evidence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from licensing.applications.model import Ticket
from licensing.cases.model import Awaited, ClaimOrigin, FieldSource, FrozenField, PlannedCase, PlannedYield
from licensing.catalogue.model import Catalogue, Text
from licensing.planning.model import Element, Field, ItemNeeds, Material, Plan, Source, Step, ThingDefinition
from shared import schemas
from shared.contracts.events import UsedEvidence
from shared.contracts.evidence import Evidence


@dataclass(frozen=True)
class Ground:
    """What all cases of an application share. `homes`: where its parties live, as far as known.

    `held`: what the departments say of the elements, before any answer or dispute. `evidence`: what they hold, by id.
    """

    catalogue: Catalogue
    thing: ThingDefinition
    release: int
    region: str
    bindings: Mapping[str, UUID]
    homes: Mapping[UUID, str]
    held: Mapping[Element, Source]
    evidence: Mapping[UUID, Evidence]


def planned_cases(plan: Plan, ground: Ground) -> list[PlannedCase]:
    """One case for each step, in the order of the plan, with everything that its department is given frozen in it."""
    items = {item.code: item for item in ground.thing.items}
    return [_planned(step, items[step.item], plan, ground) for step in plan.steps]


def _planned(step: Step, item: ItemNeeds, plan: Plan, ground: Ground) -> PlannedCase:
    department = ground.catalogue.departments[step.department]
    fields = [field for field in plan.fields if step.item in field.serves]
    return PlannedCase(
        item=step.item,
        title=step.title,
        department=step.department,
        department_name=_text(department.name),
        issuer_uscc=department.uscc,
        region=ground.region,
        release=ground.release,
        promised_days=step.promised_days,
        legal_days=step.legal_days,
        roles=dict(ground.bindings),
        waits_for=tuple(_awaited(material, ground) for material in step.awaits),
        evidence=_used(step, plan, ground),
        fields=tuple(_frozen(field, ground) for field in fields),
        answers={str(field.element): field.value for field in fields if _from_applicant(field)},
        yields=_yields(item, ground),
        grant_parties=_parties(item, ground),
        grant_kinds=tuple(sorted(ground.catalogue.readable(step.item, reader=step.department))),
    )


def _awaited(material: Material, ground: Ground) -> Awaited:
    kind = ground.catalogue.kinds[material.kind]
    return Awaited(kind=material.kind, party=ground.bindings[material.role], type=kind.type)


def _used(step: Step, plan: Plan, ground: Ground) -> tuple[UsedEvidence, ...]:
    """The held evidence by which this item's own needs are met, each piece once."""
    met = dict.fromkeys(need.reference for need in plan.needs if need.item == step.item and need.met_by == "evidence")
    pieces = [ground.evidence[reference] for reference in met if isinstance(reference, UUID)]
    return tuple(UsedEvidence(evidence=p.id, type=p.type, kind=p.kind, party=p.party) for p in pieces)


def _frozen(field: Field, ground: Ground) -> FrozenField:
    return FrozenField(
        element=str(field.element),
        label=field.label,
        value=field.value,
        source=_source(field, ground.held.get(field.element)),
        json_schema=dict(field.schema),
    )


def _source(field: Field, held: Source | None) -> FieldSource | None:
    """Where a value comes from. The applicant's version of what a department holds names that evidence too."""
    if field.source is None:
        return None
    if field.disputed and held is not None:
        return _named("dispute", held)
    return FieldSource(kind="answer") if _from_applicant(field) else _named("evidence", field.source)


def _named(kind: Literal["evidence", "dispute"], source: Source) -> FieldSource:
    return FieldSource(
        kind=kind,
        evidence=source.evidence,
        evidence_kind=source.evidence_kind,
        issuer=source.issuer,
        as_of=source.as_of,
    )


def _from_applicant(field: Field) -> bool:
    return field.source is not None and field.source.kind == "applicant"


def _yields(item: ItemNeeds, ground: Ground) -> tuple[PlannedYield, ...]:
    """What the item gives, about every role that has a party."""
    kinds, attributes = ground.catalogue.kinds, ground.catalogue.attributes
    return tuple(
        PlannedYield(
            index=index,
            type=result.type,
            kind=result.kind,
            role=result.role,
            party=(party := ground.bindings[result.role]),
            region=ground.homes.get(party, ground.region),
            label=_text(kinds[result.kind].label),
            claims={attribute: ClaimOrigin.of(claim) for attribute, claim in result.claims.items()},
            forms={attribute: dict(attributes[attribute].json_schema) for attribute in result.claims},
            type_code=kinds[result.kind].type_code,
            one_per_holder=kinds[result.kind].one_per_holder,
            valid_years=result.valid_years,
        )
        for index, result in enumerate(item.yields)
        if result.role in ground.bindings
    )


def _parties(item: ItemNeeds, ground: Ground) -> tuple[UUID, ...]:
    """The parties whom the item's needs speak of: nobody else's evidence is for its department to read."""
    roles = [need.element.role for need in item.elements] + [need.material.role for need in item.evidence]
    return tuple(dict.fromkeys(ground.bindings[role] for role in roles if role in ground.bindings))


def _text(said: Text) -> schemas.Text:
    return schemas.Text(zh=said.zh, en=said.en)


def tickets(plan: Plan, *, held: Plan, evidence: Iterable[Evidence]) -> list[Ticket]:
    """One ticket for each piece of evidence that is disputed, to the department that issued it (Z-REG Art 7)."""
    pieces = {piece.id: piece for piece in evidence}
    before = {field.element: field for field in held.fields}
    claims: dict[UUID, dict[str, dict[str, JsonValue]]] = {}
    for field in plan.fields:
        said = before.get(field.element)
        if field.disputed and said is not None and said.source is not None and said.source.evidence is not None:
            claim: dict[str, JsonValue] = {"held": said.value, "claimed": field.value}
            claims.setdefault(said.source.evidence, {})[field.element.attribute] = claim
    return [_ticket(pieces[piece], disputed) for piece, disputed in claims.items()]


def _ticket(piece: Evidence, claims: dict[str, dict[str, JsonValue]]) -> Ticket:
    return Ticket(
        evidence=piece.id, evidence_kind=piece.kind, department=piece.issuer, party=piece.party, claims=claims
    )

"""The plan: every need of every item met once, by evidence, an answer, another item, a commitment, or the applicant."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue

from licensing.planning.model import (
    Bindings,
    Choice,
    Claim,
    Constant,
    Counts,
    Element,
    Field,
    Inputs,
    ItemNeeds,
    Material,
    MaterialState,
    MetBy,
    Need,
    Plan,
    PlannedMaterial,
    Source,
    Step,
    ThingDefinition,
    Yield,
)
from licensing.planning.rules import Held, Verdict, held_on, newest, reason_to_ask, settle, source_of
from licensing.planning.structure import NeededElement, NeededMaterial, Structure, situation_of, structure_of

Met = tuple[MetBy, UUID | str | None]
FROM_APPLICANT = Source("applicant")


def plan(inputs: Inputs) -> Plan:
    """What is known, what must be asked, and in which order the items are done.

    Evidence in force meets a need before an answer does, an answer before another item's yield, that before a
    commitment; only then is the applicant asked, once for all items. What is disputed is the applicant's to state,
    whatever is held (Z-REG Art 7). The same inputs in any order give the same plan.
    """
    situation = situation_of(inputs.thing, inputs.situation)
    structure = structure_of(inputs.thing, situation=situation, roles=inputs.bindings)
    held = held_on(inputs.evidence, inputs.on)
    fields: list[Field] = []
    materials: list[PlannedMaterial] = []
    met: dict[Element | Material, Met] = {}
    for element, needed in structure.elements.items():
        field = _field(needed, inputs, held)
        if field is None:
            met[element] = ("item", needed.from_item)
        else:
            fields.append(field)
            met[element] = _met_by(field)
    for material, wanted in structure.materials.items():
        planned = _material(wanted, inputs, held)
        materials.append(planned)
        met[material] = _material_met_by(planned)
    return Plan(
        fields=tuple(fields),
        materials=tuple(materials),
        steps=tuple(_step(item, structure, met) for item in structure.items),
        questions=inputs.thing.questions,
        situation=situation,
        counts=_counts(structure, fields, materials),
        needs=tuple(_needs(structure, met)),
    )


def needed_evidence(
    thing: ThingDefinition, *, bindings: Bindings, situation: Mapping[str, str]
) -> dict[UUID, frozenset[str]]:
    """All that could meet a need, per party: one batch to ask the sources for."""
    structure = structure_of(thing, situation=situation_of(thing, situation), roles=bindings)
    kinds: dict[UUID, set[str]] = {}
    for element, needed in structure.elements.items():
        if needed.sources:
            kinds.setdefault(bindings[element.role], set()).update(kind.code for kind in needed.sources)
    for material in structure.materials:
        kinds.setdefault(bindings[material.role], set()).add(material.kind)
    return {party: frozenset(codes) for party, codes in kinds.items()}


def known_values(made: Plan) -> dict[Element, JsonValue]:
    """What the plan holds true: from evidence, or from the applicant where that is what counts."""
    return {field.element: field.value for field in made.fields if field.state in {"known", "stale"}}


def suggested_claims(result: Yield, *, known: Mapping[Element, JsonValue]) -> dict[str, JsonValue]:
    """The claims of a yield as far as they follow from what is known; the deciding officer completes them."""
    claims = {attribute: _claim(claim, known) for attribute, claim in result.claims.items()}
    return {attribute: value for attribute, value in claims.items() if value is not None}


def _claim(claim: Claim, known: Mapping[Element, JsonValue]) -> JsonValue:
    match claim:
        case Element():
            return known.get(claim)
        case Choice():
            chosen = claim.options.get(str(known.get(claim.by)))
            return known.get(chosen) if chosen else None
        case Constant():
            return claim.value
        case _:
            return None


def _field(needed: NeededElement, inputs: Inputs, held: Held) -> Field | None:
    """The element as the applicant sees it; None where another item of this thing will yield it."""
    disputed = needed.element in inputs.disputes
    answer = inputs.answers.get(needed.element)
    verdict = Verdict("missing")
    if not disputed:
        party = inputs.bindings[needed.element.role]
        verdict = settle(needed, party, held=held, unavailable=inputs.unavailable, on=inputs.on)
    if verdict.state != "known" and answer is not None:
        verdict = Verdict("known", answer, FROM_APPLICANT)
    if verdict.state != "known" and needed.from_item and not disputed:
        return None
    return Field(
        element=needed.element,
        label=needed.label,
        schema=needed.attribute.schema,
        sensitive=needed.attribute.sensitive,
        state=verdict.state,
        value=verdict.value,
        source=verdict.source,
        serves=needed.serves,
        disputed=disputed,
        why=reason_to_ask(needed, verdict.state),
    )


def _met_by(field: Field) -> Met:
    if field.source is None:
        return ("source", None) if field.state == "unavailable" else ("applicant", None)
    if field.source.kind == "applicant":
        return ("answer", None)
    return ("evidence", field.source.evidence)


def _material(wanted: NeededMaterial, inputs: Inputs, held: Held) -> PlannedMaterial:
    state, source = _material_state(wanted, inputs, held)
    return PlannedMaterial(
        material=wanted.material,
        label=wanted.label,
        state=state,
        source=source,
        from_item=wanted.from_item if state == "awaited" else None,
        serves=wanted.serves,
        commitment=wanted.commitment,
    )


def _material_state(wanted: NeededMaterial, inputs: Inputs, held: Held) -> tuple[MaterialState, Source | None]:
    material = wanted.material
    pieces = held.get((inputs.bindings[material.role], material.kind))
    if pieces:
        return "held", source_of(newest(pieces))
    if wanted.from_item:
        return "awaited", None
    if wanted.commitment and material in inputs.commitments:
        return "waived", None
    return ("awaited" if material.kind in inputs.unavailable else "asked"), None


def _material_met_by(planned: PlannedMaterial) -> Met:
    match planned.state:
        case "held":
            return ("evidence", planned.source.evidence if planned.source else None)
        case "awaited":
            return ("item", planned.from_item) if planned.from_item else ("source", None)
        case "waived":
            return ("commitment", None)
        case _:
            return ("applicant", None)


def _step(item: ItemNeeds, structure: Structure, met: Mapping[Element | Material, Met]) -> Step:
    awaited = {
        _yielded_as(target, structure.items, reference): reference
        for target in structure.targets[item.code]
        if (reference := _upstream(met[target]))
    }
    return Step(
        item=item.code,
        title=item.title,
        department=item.department,
        waits_for=tuple(other.code for other in structure.items if other.code in awaited.values()),
        awaits=tuple(awaited),
        promised_days=item.promised_days,
        legal_days=item.legal_days,
        visits=item.visits,
    )


def _upstream(met: Met) -> str | None:
    by, reference = met
    return str(reference) if by == "item" else None


def _yielded_as(target: Element | Material, items: Sequence[ItemNeeds], code: str) -> Material:
    """The evidence that will bring an awaited element, or the awaited material itself."""
    if isinstance(target, Material):
        return target
    item = next(item for item in items if item.code == code)
    return next(result.material for result in item.yields if target in result.elements)


def _needs(structure: Structure, met: Mapping[Element | Material, Met]) -> list[Need]:
    return [Need(item, target, *met[target]) for item, targets in structure.targets.items() for target in targets]


def _counts(structure: Structure, fields: Sequence[Field], materials: Sequence[PlannedMaterial]) -> Counts:
    asked = sum(field.asked or field.source == FROM_APPLICANT for field in fields)
    unavailable = sum(field.state == "unavailable" for field in fields)
    return Counts(
        elements=len(structure.elements),
        asked=asked,
        reused=len(structure.elements) - asked - unavailable,
        materials=len(materials),
        materials_asked=sum(planned.state == "asked" for planned in materials),
    )

"""What of a plan does not depend on what is held: which items are done, what they need, who yields it, in which order.

Computed once per thing, situation and set of filled roles, and kept with the thing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from licensing.planning.errors import SituationNotOffered
from licensing.planning.model import (
    Attribute,
    Element,
    ElementNeed,
    EvidenceKind,
    EvidenceNeed,
    ItemNeeds,
    Material,
    RoleSpec,
    ThingDefinition,
)
from shared.schemas import Text


@dataclass(frozen=True)
class NeededElement:
    """An element with all that its items say of it. `sources` are the kinds to read it from, best first; what is the
    applicant's to decide has none.
    """

    element: Element
    label: Text
    attribute: Attribute
    sources: tuple[EvidenceKind, ...]
    serves: tuple[str, ...]
    serves_titles: Text
    why: Text | None
    from_item: str | None


@dataclass(frozen=True)
class NeededMaterial:
    """A material with the items that need it and the one that yields it."""

    material: Material
    label: Text
    serves: tuple[str, ...]
    commitment: bool
    from_item: str | None


@dataclass(frozen=True)
class Structure:
    """The fixed part of a plan. `items` are in an order in which every yield comes before its needs.

    `targets` are the needs of each item whose role has a party.
    """

    items: tuple[ItemNeeds, ...]
    elements: Mapping[Element, NeededElement]
    materials: Mapping[Material, NeededMaterial]
    targets: Mapping[str, tuple[Element | Material, ...]]


def situation_of(thing: ThingDefinition, given: Mapping[str, str]) -> dict[str, str]:
    """The answer to every question of the thing, its default where none is given. Refuses what it does not offer."""
    questions = {question.code: question for question in thing.questions}
    for code, option in given.items():
        if code not in questions or option not in {offered.code for offered in questions[code].options}:
            raise SituationNotOffered(code)
    return {code: given.get(code, question.default) for code, question in questions.items()}


def structure_of(thing: ThingDefinition, *, situation: Mapping[str, str], roles: Iterable[str]) -> Structure:
    """The structure for a complete situation and the roles that have a party."""
    active = tuple(item for item in thing.items if item.applies(situation))
    present = frozenset(roles)
    key = (frozenset(item.code for item in active), present)
    if key not in thing.worked_out:
        thing.worked_out[key] = _build(thing, active, present)
    structure: Structure = thing.worked_out[key]
    return structure


def yielders(items: Sequence[ItemNeeds], target: Element | Material) -> list[ItemNeeds]:
    """The items that yield the target.

    An item that itself needs the target only passes it on: waiting for it would gain nothing.
    """
    return [item for item in items if target in _yielded(item) and target not in _targets(item)]


def prerequisites(items: Sequence[ItemNeeds]) -> dict[str, set[str]]:
    """For every item, the items that may have to come first: the graph that must have no cycle."""
    return {
        item.code: {source.code for target in _awaitable(item) for source in yielders(items, target)} for item in items
    }


def _yielded(item: ItemNeeds) -> frozenset[Element | Material]:
    materials: frozenset[Element | Material] = frozenset(result.material for result in item.yields)
    return materials.union(*(result.elements for result in item.yields))


def _awaitable(item: ItemNeeds) -> set[Element | Material]:
    return set(_targets(item)) - {need.element for need in item.elements if need.always_ask}


def _build(thing: ThingDefinition, active: Sequence[ItemNeeds], present: frozenset[str]) -> Structure:
    place = {item.code: index for index, item in enumerate(active)}
    graph = prerequisites(active)
    order = _ordered(graph, place)
    items = tuple(active[place[code]] for code in order)
    labels = {spec.role: spec for spec in thing.roles}
    elements: dict[Element, list[tuple[ItemNeeds, ElementNeed]]] = {}
    materials: dict[Material, list[tuple[ItemNeeds, EvidenceNeed]]] = {}
    for item in items:
        for need in item.elements:
            if need.element.role in present:
                elements.setdefault(need.element, []).append((item, need))
        for wanted in item.evidence:
            if wanted.material.role in present:
                materials.setdefault(wanted.material, []).append((item, wanted))
    return Structure(
        items=items,
        elements={element: _element(thing, labels, items, element, needs) for element, needs in elements.items()},
        materials={material: _material(thing, labels, items, material, needs) for material, needs in materials.items()},
        targets={item.code: tuple(target for target in _targets(item) if target.role in present) for item in items},
    )


def _targets(item: ItemNeeds) -> list[Element | Material]:
    targets: list[Element | Material] = [need.material for need in item.evidence]
    return targets + [need.element for need in item.elements]


def _ordered(graph: Mapping[str, set[str]], place: Mapping[str, int]) -> list[str]:
    """A topological order; where it leaves a choice, the order of the thing's own list."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        order += ready
        sorter.done(*ready)
    return order


def _element(
    thing: ThingDefinition,
    roles: Mapping[str, RoleSpec],
    items: Sequence[ItemNeeds],
    element: Element,
    needs: Sequence[tuple[ItemNeeds, ElementNeed]],
) -> NeededElement:
    always_ask = any(need.always_ask for _, need in needs)
    codes = set() if always_ask else {kind for _, need in needs for kind in need.sources}
    sources = sorted(
        (thing.kinds[code] for code in codes), key=lambda kind: (kind.authority_for(element.attribute), kind.code)
    )
    yielding = [] if always_ask else yielders(items, element)
    attribute = thing.attributes[element.attribute]
    return NeededElement(
        element=element,
        label=_labelled(roles[element.role].label, attribute.label),
        attribute=attribute,
        sources=tuple(sources),
        serves=tuple(item.code for item, _ in needs),
        serves_titles=Text(
            zh="、".join(item.title.zh for item, _ in needs), en=", ".join(item.title.en for item, _ in needs)
        ),
        why=next((need.why for _, need in needs if need.why), None),
        from_item=yielding[0].code if yielding else None,
    )


def _material(
    thing: ThingDefinition,
    roles: Mapping[str, RoleSpec],
    items: Sequence[ItemNeeds],
    material: Material,
    needs: Sequence[tuple[ItemNeeds, EvidenceNeed]],
) -> NeededMaterial:
    yielding = yielders(items, material)
    return NeededMaterial(
        material=material,
        label=_labelled(roles[material.role].label, thing.kinds[material.kind].label),
        serves=tuple(item.code for item, _ in needs),
        commitment=all(need.commitment for _, need in needs),
        from_item=yielding[0].code if yielding else None,
    )


def _labelled(role: Text, what: Text) -> Text:
    return Text(zh=f"{role.zh}：{what.zh}", en=f"{role.en}: {what.en}")

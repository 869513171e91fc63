"""Nothing is asked that the government can hold; whatever is needed comes from somewhere; the order exists."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from licensing.catalogue.model import PLATFORM, Catalogue, Finding, Item, prerequisites_of
from licensing.catalogue.model.definitions import ElementNeed
from licensing.catalogue.rules.references import elements_of, file_of
from licensing.planning.model import Element, Material
from licensing.planning.structure import yielders


def things_have_an_order(catalogue: Catalogue) -> Iterator[Finding]:
    """No item waits, through whatever others, for itself."""
    for thing in catalogue.things.values():
        try:
            TopologicalSorter(prerequisites_of(catalogue, thing.code)).prepare()
        except CycleError as cycle:
            path = " → ".join(cycle.args[1])
            yield Finding(file_of(thing), thing.code, "cycle", f"each of these items waits for the next: {path}")


def what_can_be_held_is_not_asked(catalogue: Catalogue) -> Iterator[Finding]:
    """An element is asked outright only where no kind carries it, but for kinds that do not exist before the item."""
    for item in catalogue.items.values():
        for need in item.needs.elements:
            if not (need.ask or need.always_ask):
                continue
            for kind in _held_before(catalogue, item.code, Element.parse(need.element)):
                cause = f"`{need.element}` is asked although `{kind}` carries it; ask only what nobody holds"
                yield Finding(file_of(item), item.code, "asked-although-held", cause)


def what_is_asked_has_a_reason(catalogue: Catalogue) -> Iterator[Finding]:
    """Whoever is asked is told why."""
    for item in catalogue.items.values():
        for need in item.needs.elements:
            if (need.ask or need.always_ask) and need.why is None:
                yield Finding(
                    file_of(item), item.code, "asked-without-why", f"`{need.element}` is asked, so it needs a why"
                )


def materials_come_from_somewhere(catalogue: Catalogue) -> Iterator[Finding]:
    """Every material is held by an issuer, yielded by an item, or can be uploaded."""
    for thing in catalogue.things.values():
        items = catalogue.definition(thing.code).items
        for part in thing.items:
            item = catalogue.items[part.item]
            for need in item.needs.evidence:
                elsewhere = yielders(items, Material(need.kind, need.role)) or _yielding(catalogue, need.kind)
                if not (elsewhere or catalogue.kinds[need.kind].held or need.upload):
                    cause = f"nobody holds or yields `{need.kind}` ({need.role}), and it cannot be uploaded"
                    yield Finding(file_of(item), item.code, "need-unmet", cause)
                elif not catalogue.can_be_about(need.kind, need.role) and not need.upload:
                    cause = f"`{need.kind}` cannot be about the {need.role}"
                    yield Finding(file_of(item), item.code, "need-unmet", cause)


def elements_come_from_somewhere(catalogue: Catalogue) -> Iterator[Finding]:
    """Every element is read, yielded, asked on purpose, or misspelt: the last is refused."""
    for thing in catalogue.things.values():
        items = catalogue.definition(thing.code).items
        asked = {need.element for item in items for need in item.elements if need.ask or need.always_ask}
        for item in items:
            for need in item.elements:
                if need.sources or need.element in asked or yielders(items, need.element):
                    continue
                held = _held_before(catalogue, item.code, need.element)
                remedy = f"share one that does: `{'`, `'.join(held)}`" if held else "declare `ask: true`"
                cause = f"no evidence that this item may read carries `{need.element}`; {remedy}"
                yield Finding(f"items/{item.code}.yaml", item.code, "need-unmet", cause)


def claims_can_be_derived(catalogue: Catalogue) -> Iterator[Finding]:
    """What an item certifies follows from what it needs, or is openly left to the officer."""
    for item in catalogue.items.values():
        needed = {need.element for need in item.needs.elements}
        for result in item.yields:
            for attribute, claim in result.claims.items():
                for element in sorted(set(elements_of(claim)) - needed):
                    cause = f"`{attribute}` of `{result.kind}` derives from `{element}`, which the item does not need"
                    yield Finding(file_of(item), item.code, "claim-not-derivable", cause)


def yields_fit_their_party(catalogue: Catalogue) -> Iterator[Finding]:
    """A newborn cannot be given what presupposes an identity number, nor a person what is a company's."""
    for item in catalogue.items.values():
        for result in item.yields:
            if not catalogue.can_be_about(result.kind, result.role):
                cause = f"`{result.kind}` cannot be about the {result.role}"
                yield Finding(file_of(item), item.code, "yield-not-possible", cause)


def needs_may_be_read(catalogue: Catalogue) -> Iterator[Finding]:
    """Whoever drafts or decides an item may read what it needs, by a published rule; else the item cannot work."""
    for item in catalogue.items.values():
        drafted = catalogue.readable(item.code, reader=PLATFORM)
        decided = catalogue.readable(item.code, reader=item.department)
        for reader, readable in ((PLATFORM, drafted), (item.department, decided)):
            for need in item.needs.evidence:
                if need.kind not in readable:
                    cause = f"no sharing rule lets {reader} read `{need.kind}` for it"
                    yield Finding(file_of(item), item.code, "sharing-rule-missing", cause)
        yield from _read_by_department(catalogue, item, drafted, decided)


def readers_need_what_they_read(catalogue: Catalogue) -> Iterator[Finding]:
    """The least that is necessary (PIPL Art 6): a rule for what the item does not need is refused."""
    for rule in catalogue.sharing_rules:
        item = catalogue.items[rule.item]
        wanted = {Element.parse(need.element).attribute for need in item.needs.elements}
        shown = any(need.kind == rule.kind for need in item.needs.evidence)
        for attribute in sorted(set(rule.attributes) - wanted) if not shown else ():
            cause = f"`{attribute}` of `{rule.kind}` is shared for an item that does not need it"
            yield Finding("sharing-rules.yaml", rule.item, "shared-needlessly", cause)


BEFORE_ORDER = (things_have_an_order, what_is_asked_has_a_reason, claims_can_be_derived, yields_fit_their_party)
RULES = (
    what_can_be_held_is_not_asked,
    materials_come_from_somewhere,
    elements_come_from_somewhere,
    needs_may_be_read,
    readers_need_what_they_read,
)


def _read_by_department(
    catalogue: Catalogue, item: Item, drafted: Mapping[str, frozenset[str]], decided: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    for need in item.needs.elements:
        element = Element.parse(need.element)
        for kind in _sources(catalogue, need, drafted):
            if element.attribute not in decided.get(kind, frozenset()):
                cause = f"the draft reads `{need.element}` from `{kind}`; no rule lets {item.department} read it"
                yield Finding(file_of(item), item.code, "sharing-rule-missing", cause)


def _sources(catalogue: Catalogue, need: ElementNeed, readable: Mapping[str, frozenset[str]]) -> list[str]:
    element = Element.parse(need.element)
    return [kind for kind in _carriers(catalogue, element) if element.attribute in readable.get(kind, frozenset())]


def _held_before(catalogue: Catalogue, code: str, element: Element) -> list[str]:
    """The kinds that carry this element and can exist before the item has been decided."""
    after = {code} | _successors(catalogue, code)
    carriers = _carriers(catalogue, element)
    return [kind for kind in carriers if not after & _yielding(catalogue, kind) or catalogue.kinds[kind].held]


def _carriers(catalogue: Catalogue, element: Element) -> list[str]:
    """The kinds of evidence that can say this element of the party of this role."""
    return [
        kind.code
        for kind in catalogue.kinds.values()
        if element.attribute in kind.attributes and catalogue.can_be_about(kind.code, element.role)
    ]


def _yielding(catalogue: Catalogue, kind: str) -> set[str]:
    return {item.code for item in catalogue.items.values() if any(result.kind == kind for result in item.yields)}


def _successors(catalogue: Catalogue, code: str) -> set[str]:
    """Items that come after this one in some thing."""
    found: set[str] = set()
    for thing in catalogue.things:
        graph = prerequisites_of(catalogue, thing)
        if code in graph:
            found |= _after(graph, code)
    return found


def _after(graph: Mapping[str, set[str]], code: str) -> set[str]:
    found = {code}
    while more := {item for item, before in graph.items() if before & found} - found:
        found |= more
    return found - {code}

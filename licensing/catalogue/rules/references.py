"""Whatever a definition names must exist, and evidence can only say what its kind carries."""

from collections.abc import Iterable, Iterator, Mapping

from licensing.catalogue.model import PLATFORM, Catalogue, Finding, Item, Thing
from licensing.catalogue.model.definitions import ChosenClaim, Claim, ConstantClaim, DecidedClaim, Yield
from licensing.planning.model import Element


def kinds_name_what_exists(catalogue: Catalogue) -> Iterator[Finding]:
    """Issuers and attributes of evidence kinds."""
    for kind in catalogue.kinds.values():
        at = ("evidence-kinds.yaml", kind.code)
        yield from _unknown(*at, "department", [kind.issuer], catalogue.departments)
        yield from _unknown(*at, "attribute", kind.attributes, catalogue.attributes)
        yield from _not_carried(*at, kind.authoritative_for, kind.attributes, kind.code)


def items_name_what_exists(catalogue: Catalogue) -> Iterator[Finding]:
    """Department, kinds, roles and attributes of items; a yield claims only what its kind carries."""
    for item in catalogue.items.values():
        at = (file_of(item), item.code)
        yield from _unknown(*at, "department", [item.department], catalogue.departments)
        yield from _unknown(*at, "evidence kind", [need.kind for need in item.needs.evidence], catalogue.kinds)
        yield from _unknown(*at, "evidence kind", [result.kind for result in item.yields], catalogue.kinds)
        elements = [Element.parse(text) for text in named_elements(item)]
        roles = [need.role for need in item.needs.evidence] + [result.role for result in item.yields]
        yield from _unknown(*at, "role", roles + [element.role for element in elements], catalogue.roles)
        yield from _unknown(*at, "attribute", [element.attribute for element in elements], catalogue.attributes)
        for result in item.yields:
            if result.kind in catalogue.kinds:
                yield from _not_carried(*at, result.claims, catalogue.kinds[result.kind].attributes, result.kind)


def things_name_what_exists(catalogue: Catalogue) -> Iterator[Finding]:
    """Items, roles and questions of things; every role that an item speaks of is a role of its thing."""
    for thing in catalogue.things.values():
        at = (file_of(thing), thing.code)
        yield from _unknown(*at, "department", [thing.lead], catalogue.departments)
        yield from _unknown(*at, "item", [part.item for part in thing.items], catalogue.items)
        yield from _unknown(*at, "role", thing.roles, catalogue.roles)
        yield from _situations(thing)
        yield from _role_order(thing)
        for part in thing.items:
            item = catalogue.items.get(part.item)
            if item:
                yield from _unknown(*at, f"role needed by {item.code}", roles_of(item), thing.roles)


def sharing_rules_name_what_exists(catalogue: Catalogue) -> Iterator[Finding]:
    """Items, readers, kinds and attributes of sharing rules."""
    for rule in catalogue.sharing_rules:
        at = ("sharing-rules.yaml", rule.item)
        yield from _unknown(*at, "item", [rule.item], catalogue.items)
        yield from _unknown(*at, "reader", rule.readers, {PLATFORM, *catalogue.departments})
        yield from _unknown(*at, "evidence kind", [rule.kind], catalogue.kinds)
        if rule.kind in catalogue.kinds:
            yield from _not_carried(*at, rule.attributes, catalogue.kinds[rule.kind].attributes, rule.kind)


RULES = (
    kinds_name_what_exists,
    items_name_what_exists,
    things_name_what_exists,
    sharing_rules_name_what_exists,
)


def file_of(definition: Item | Thing) -> str:
    """The file that must hold it."""
    return f"{'items' if isinstance(definition, Item) else 'things'}/{definition.code}.yaml"


def named_elements(item: Item) -> list[str]:
    """Every element that an item names, in its needs and in the origin of its claims."""
    claims = [claim for result in item.yields for claim in result.claims.values()]
    return [need.element for need in item.needs.elements] + [e for claim in claims for e in elements_of(claim)]


def elements_of(claim: Claim) -> list[str]:
    """The elements that a claim may be derived from."""
    match claim:
        case ChosenClaim():
            return [claim.by, *claim.options.values()]
        case ConstantClaim() | DecidedClaim():
            return []
        case _:
            return [claim]


def roles_of(item: Item) -> list[str]:
    """Every role that an item speaks of."""
    named = [Element.parse(element).role for element in named_elements(item)]
    others: list[str] = [need.role for need in item.needs.evidence]
    results: tuple[Yield, ...] = item.yields
    return named + others + [result.role for result in results]


def _situations(thing: Thing) -> Iterator[Finding]:
    at = (file_of(thing), thing.code)
    questions = {question.code: {option.code for option in question.options} for question in thing.questions}
    for part in thing.items:
        for question, option in part.when.items():
            yield from _unknown(*at, f"question of {part.item}", [question], questions)
            if question in questions:
                yield from _unknown(*at, f"option of {question}", [option], questions[question])


def _role_order(thing: Thing) -> Iterator[Finding]:
    earlier: set[str] = set()
    for role, rules in thing.roles.items():
        for rule in rules:
            if rule.of and rule.of not in earlier:
                cause = f"role `{role}` is found through `{rule.of}`, which must be listed before it"
                yield Finding(file_of(thing), thing.code, "role-out-of-order", cause)
        earlier.add(role)


def _unknown(
    file: str, item: str, what: str, named: Iterable[str], known: Mapping[str, object] | set[str]
) -> Iterator[Finding]:
    for code in sorted(set(named) - set(known)):
        yield Finding(file, item, "unknown-code", f"{what} `{code}` is not defined")


def _not_carried(file: str, item: str, named: Iterable[str], carried: Iterable[str], kind: str) -> Iterator[Finding]:
    for attribute in sorted(set(named) - set(carried)):
        yield Finding(file, item, "attribute-not-carried", f"`{kind}` does not carry `{attribute}`")

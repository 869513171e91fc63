"""Who is meant: the parties of a thing's roles, found from what identity states about the applicant's family."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from licensing.planning.errors import RoleAmbiguous, RoleNotOffered, RoleUnresolved
from licensing.planning.model import RoleRule, RoleSpec
from shared.contracts.representation import RepresentationStatement


def resolve_roles(
    specs: Sequence[RoleSpec], *, statement: RepresentationStatement, chosen: Mapping[str, UUID]
) -> dict[str, UUID]:
    """The party of every role that has one.

    The rules of a role are tried in order; the first that finds somebody decides. A choice is honoured only among
    those whom the rules find. Refuses a role that nobody or that several can take, and choices nobody offered.
    """
    unknown = chosen.keys() - {spec.role for spec in specs}
    if unknown:
        raise RoleNotOffered(min(unknown))
    bindings: dict[str, UUID] = {}
    for spec in specs:
        party = _party_for(spec, statement, bindings, chosen.get(spec.role))
        if party is not None:
            bindings[spec.role] = party
    return bindings


def _party_for(
    spec: RoleSpec, statement: RepresentationStatement, bindings: Mapping[str, UUID], choice: UUID | None
) -> UUID | None:
    for rule in spec.rules:
        if rule.absent and choice is None:
            return None
        options = sorted(_candidates(rule, statement, bindings))
        if choice is not None:
            if choice in options:
                return choice
        elif len(options) == 1:
            return options[0]
        elif options:
            raise RoleAmbiguous(spec.role, options)
    raise RoleUnresolved(spec.role) if choice is None else RoleNotOffered(spec.role)


def _candidates(rule: RoleRule, statement: RepresentationStatement, bindings: Mapping[str, UUID]) -> set[UUID]:
    if rule.own:
        return {statement.sub}
    if rule.represented:
        return set(statement.may_act_for) - {statement.sub}
    other = bindings.get(rule.of or "")
    if rule.kind is None or other is None:
        return set()
    found = RELATIVES[rule.kind](statement, other)
    return found & set(statement.unnumbered) if rule.unnumbered else found


def _related(kind: str) -> Callable[[RepresentationStatement, UUID], set[UUID]]:
    return lambda statement, of: {r.party for r in statement.family if r.kind == kind and r.of == of}


def _children(statement: RepresentationStatement, parent: UUID) -> set[UUID]:
    return {r.of for r in statement.family if r.kind in {"mother", "father"} and r.party == parent}


def _spouses(statement: RepresentationStatement, of: UUID) -> set[UUID]:
    pairs = [(r.party, r.of) for r in statement.family if r.kind == "spouse"]
    return {a for a, b in pairs if b == of} | {b for a, b in pairs if a == of}


RELATIVES: Mapping[str, Callable[[RepresentationStatement, UUID], set[UUID]]] = {
    "mother": _related("mother"),
    "father": _related("father"),
    "spouse": _spouses,
    "child_of": _children,
}

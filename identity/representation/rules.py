"""Who may act for whom, by the relations in force on a day. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.representation import Kinship, Relation

STATEMENT_SECONDS = 300
SELF = "self"
# Civil Code Arts 23 and 27: parents are the guardians and statutory representatives of their minor children.
GUARDIAN = "guardian-of-minor"


@dataclass(frozen=True, slots=True)
class Kin:
    """`party` is the `kind` of `of`; of a parent, until the child comes of age."""

    kind: Kinship
    party: UUID
    of: UUID
    minor_until: date | None


def wards_of(person: UUID, kin: Collection[Kin], *, on: date) -> dict[UUID, date]:
    """The minor children for whom this parent acts, and the birthday from which they act for themselves."""
    return {
        relation.of: relation.minor_until
        for relation in kin
        if relation.party == person and relation.minor_until is not None and on < relation.minor_until
    }


def family_of(person: UUID, kin: Collection[Kin], *, wards: Collection[UUID]) -> tuple[Relation, ...]:
    """The spouses of this person, both ways round, and the parents of the children for whom they act.

    Nobody else: grown-up children and the parents of the person have not asked for anything.
    """
    family: dict[Relation, None] = {}
    for relation in kin:
        if relation.kind == "spouse" and person in (relation.party, relation.of):
            family[Relation(party=relation.party, kind="spouse", of=relation.of)] = None
            family[Relation(party=relation.of, kind="spouse", of=relation.party)] = None
        elif relation.of in wards:
            family[Relation(party=relation.party, kind=relation.kind, of=relation.of)] = None
    return tuple(family)

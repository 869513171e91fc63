"""Which of licensing's events a department may read: those of its own items, in its region. Deny by default."""

from collections.abc import Mapping
from dataclasses import dataclass

from licensing.catalogue.model import Catalogue
from shared.evidence.rules import WILDCARDS, scope_of
from shared.regions import covers

OURS = frozenset({"case", "rating", "application", "thing"})
OF_ITEMS = frozenset({"case", "rating"})


@dataclass(frozen=True, slots=True)
class Reader:
    """A department, and the region in which it acts."""

    department: str
    region: str


def may_follow(reader: Reader, topics: str, *, catalogue: Catalogue) -> bool:
    """Whether the department may have every event that the filter matches, now and later.

    Cases and ratings of its items, applications of things that it has a part in, within its region; what is
    published of the catalogue, which is public, anywhere.
    """
    # What a filter leaves out after `>` is open too.
    space, entity, _, kind, *region = [*topics.split("."), ">", ">", ">"]
    if space != "evt" or (entity not in OURS and entity not in WILDCARDS):
        return True  # None of ours: whose they are, or whose space it is, decides that elsewhere.
    if entity == "thing":
        return True
    scope = scope_of(region)
    concerned = _departments_by_kind(entity, catalogue).get(kind, frozenset())
    return reader.department in concerned and scope is not None and covers(reader.region, scope)


def _departments_by_kind(entity: str, catalogue: Catalogue) -> Mapping[str, frozenset[str]]:
    """The departments that a kind of topic concerns."""
    departments = {code: frozenset({item.department}) for code, item in catalogue.items.items()}
    if entity in OF_ITEMS:
        return departments
    if entity != "application":
        return {}
    return {
        code: frozenset().union(*(departments[part.item] for part in thing.items))
        for code, thing in catalogue.things.items()
    }

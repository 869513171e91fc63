"""Topics and filters over them, as NATS reads them: `*` stands for one token, `>` at the end for one or more. Pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

_FILTER = re.compile(r"(evt|int|to)(\.([a-z0-9-]+|\*))*(\.>)?")
MAX_LENGTH = 256


class FilterNotValid(ValueError):
    """Not a filter over topics of ours."""


def check_filter(text: str) -> str:
    """The filter itself; `FilterNotValid` unless it begins with evt, int or to and is well formed."""
    if len(text) > MAX_LENGTH or not _FILTER.fullmatch(text):
        raise FilterNotValid("a filter is evt, int or to, and tokens, * or a final >, separated by dots")
    return text


def pattern_of(filters: Collection[str]) -> str:
    """A regular expression, for PostgreSQL and Python alike, that matches the topics of any of these filters."""
    return "^(" + "|".join(map(_pattern, sorted(filters))) + ")$"


def _pattern(text: str) -> str:
    wildcards = {"*": "[^.]+", ">": ".+"}
    return "[.]".join(wildcards.get(part, part) for part in text.split("."))


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic of `narrow` is a topic of `wide`."""
    wide_parts, narrow_parts = wide.split("."), narrow.split(".")
    for index, part in enumerate(wide_parts):
        if part == ">":
            return len(narrow_parts) > index
        if index >= len(narrow_parts) or narrow_parts[index] == ">":
            return False
        if part not in ("*", narrow_parts[index]):
            return False
    return len(wide_parts) == len(narrow_parts)


def overlap(one: str, other: str) -> bool:
    """Whether some topic is one of both. NATS refuses a consumer with such filters."""
    one_parts, other_parts = one.split("."), other.split(".")
    for mine, theirs in zip(one_parts, other_parts, strict=False):
        if ">" in (mine, theirs):
            return True
        if "*" not in (mine, theirs) and mine != theirs:
            return False
    return len(one_parts) == len(other_parts)


def without_overlaps(filters: Collection[str]) -> list[str]:
    """The fewest filters that say the same; `FilterNotValid` where two overlap and neither covers the other."""
    distinct = sorted({check_filter(text) for text in filters})
    widest = [text for text in distinct if not any(covers(wide, text) for wide in distinct if wide != text)]
    for index, one in enumerate(widest):
        if any(overlap(one, other) for other in widest[index + 1 :]):
            raise FilterNotValid(f"{one} overlaps another filter")
    return widest


class Reach:
    """What somebody may follow, now and later: whatever these filters cover, and nothing else."""

    def __init__(self, filters: Iterable[str] = ()) -> None:
        self.filters = tuple(dict.fromkeys(filters))
        self._by_entity: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for each in self.filters:
            self._by_entity[_entity_of(each)].append(each)

    def includes(self, narrow: str) -> bool:
        """Whether one filter of the reach covers every topic that `narrow` matches."""
        of_entity, of_space = _entity_of(narrow), (narrow.split(".", 1)[0],)
        return any(
            covers(wide, narrow) for beginning in {of_entity, of_space} for wide in self._by_entity.get(beginning, ())
        )

    def nearest(self, to: str, *, at_most: int) -> list[str]:
        """Some of the filters, first those that `to` overlaps, then those about the same entity."""

        def distance(each: str) -> int:
            return 0 if overlap(each, to) else 1 if _entity_of(each) == _entity_of(to) else 2

        return sorted(self.filters, key=distance)[:at_most]


def _entity_of(text: str) -> tuple[str, ...]:
    """Space and entity of a filter; the space alone where it leaves the entity open."""
    beginning = text.split(".", 2)[:2]
    return tuple(beginning[:1] if beginning[1:] in (["*"], [">"]) else beginning)

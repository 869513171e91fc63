"""What a subscription may be, and what has to happen for its consumer to be as it should. Pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from identity.subscriptions.errors import TopicsOverlap
from shared.contracts.event_types import public_event_types
from shared.contracts.sharing import SharingRules
from shared.messaging.consumers import Standing
from shared.messaging.errors import TopicNotAllowed, TopicNotValid
from shared.messaging.topics import FilterNotValid, Reach, check_filter, covers, overlap

MAX_TOPICS = 32
MAX_SUBSCRIPTIONS = 50
KNOWN_SHOWN = 100
FORM = "evt.<entity>.<event>.<kind>.<province>.<city>.<county>"
FORM_TO_ONE = "to.<department>.<entity>.<event>"
PARTY_KINDS = ("organisation", "person")
_TWO_DIGITS = re.compile(r"[0-9]{2}")


@cache
def _events(*, addressed: bool) -> Mapping[str, frozenset[str]]:
    """Entity -> its events, of those that are addressed to one department or of the others."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in public_event_types().values():
        if each.contract.addressed == addressed:
            found[each.contract.entity].add(each.contract.event)
    return {entity: frozenset(events) for entity, events in found.items()}


def check_topics(topics: Sequence[str], *, published: SharingRules, reach: Reach) -> None:
    """Refuses what is no topic or names what does not exist, what is not allowed, and what overlaps."""
    for index, topic in enumerate(topics):
        _check_exists(topic, published, pointer=f"/topics/{index}")
    for index, topic in enumerate(topics):
        if not reach.includes(topic):
            raise TopicNotAllowed.beyond(reach, topic, pointer=f"/topics/{index}")
    for (first, one), (second, other) in combinations(enumerate(topics), 2):
        if overlap(one, other):
            raise TopicsOverlap(pointer=f"/topics/{second}", other=f"/topics/{first}")


def _check_exists(topic: str, published: SharingRules, *, pointer: str) -> None:
    """Every part that is no wildcard is known. Who may follow it is another question, and `int.` is for nobody here."""
    try:
        space, *parts = check_filter(topic).split(".")
    except FilterNotValid as error:
        raise TopicNotValid(str(error), pointer=pointer) from None
    if space == "int":
        return
    form = FORM if space == "evt" else FORM_TO_ONE
    length = len(form.split(".")) - 1
    is_open = parts[-1:] == [">"]
    if len(parts) > length or (len(parts) < length and not is_open):
        raise TopicNotValid(f"a topic is {form}; a final > stands for the rest", pointer=pointer)
    if space == "to":
        _check_event(parts[1:], _events(addressed=True), pointer=pointer)
        return
    _check_event(parts, _events(addressed=False), pointer=pointer)
    entity, kind, region = parts[0], parts[2:3], parts[3:]
    kinds = kinds_of(entity, published)
    if kind and kinds is not None:
        _check_part("kind", kind[0], kinds, pointer=pointer)
    if not all(_is_wildcard(part) or _TWO_DIGITS.fullmatch(part) for part in region):
        raise TopicNotValid("province, city and county are two digits each", pointer=pointer)


def _check_event(parts: Sequence[str], events: Mapping[str, frozenset[str]], *, pointer: str) -> None:
    if not parts:
        return
    entity, *rest = parts
    _check_part("entity", entity, events, pointer=pointer)
    if rest:
        of_any = frozenset[str]().union(*events.values())
        _check_part("event", rest[0], events.get(entity, of_any), pointer=pointer)


def _check_part(part: str, given: str, known: Collection[str], *, pointer: str) -> None:
    if not _is_wildcard(given) and given not in known:
        shown = sorted(known)[:KNOWN_SHOWN]
        raise TopicNotValid(f"no such {part}", pointer=pointer, part=part, known=[*shown])


def _is_wildcard(part: str) -> bool:
    return part in ("*", ">")


def kinds_of(entity: str, published: SharingRules) -> frozenset[str] | None:
    """What can stand for the kind in topics of this entity; None where the catalogue does not say."""
    match entity:
        case "certificate" | "record":
            return frozenset(kind.code for kind in published.kinds if kind.type == entity)
        case "delivery":
            return frozenset(kind.code for kind in published.kinds if kind.type == "certificate")
        case "case" | "rating":
            return frozenset(item.code for item in published.items)
        case "application" | "thing":
            return frozenset(thing.code for thing in published.things)
        case "party":
            return frozenset(PARTY_KINDS)
        case _:
            return None


def not_entitled(topics: Iterable[str], reach: Reach) -> list[str]:
    """Those of the topics that the department may not follow any more."""
    return [topic for topic in topics if not reach.includes(topic)]


def followed(topics: Iterable[str], suspended: Collection[str]) -> list[str]:
    """The topics that are delivered."""
    return [topic for topic in topics if topic not in suspended]


@dataclass(frozen=True, slots=True)
class Make:
    """The consumer is made, to deliver what comes after this place in the stream; one that is there goes first."""

    topics: tuple[str, ...]
    after: int = 0
    instead: bool = False


class Remove:
    """The consumer goes."""


def settlement(wanted: Collection[str], standing: Standing | None, *, end: int) -> Make | Remove | None:
    """What is to be done for a consumer to follow these topics; None where it does. `end` is where the stream ends.

    A narrower one goes on where the last one stood. A wider one begins at the beginning, since what the narrower one
    passed over is behind it; so does one that stands beyond the end, in a stream that lost its tail and grows again.
    The repeats have the ids that the subscriber knows.
    """
    topics = tuple(sorted(wanted))
    if standing is None:
        return Make(topics) if topics else None
    if not topics:
        return Remove()
    if standing.delivered > end:
        return Make(topics, instead=True)
    if standing.topics == topics:
        return None
    is_narrower = all(any(covers(wide, topic) for wide in standing.topics) for topic in topics)
    return Make(topics, after=standing.acknowledged if is_narrower else 0, instead=True)

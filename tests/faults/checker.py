"""What must hold after a run, over what was found; sharing no code with the platform. Pure.

An order whose outcome its caller was never told counts as committed if, and only if, its row is in the database: the
row was written by the same transaction as the event, and no recovery of PostgreSQL keeps one without the other.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import NamedTuple


class Fact(NamedTuple):
    """An event as its writer knows it: a value that is unique, the entity and its version."""

    value: str
    entity: str
    version: int


class Logged(NamedTuple):
    """An event as it stands in the log or in the stream."""

    position: int
    topic: str
    sequence: int
    event_id: str
    data: str
    hash: bytes
    entity: str
    version: int


@dataclass
class Orders:
    """The journal: what was ordered, and what the caller was told."""

    ordered: set[int] = field(default_factory=set)
    acknowledged: dict[int, list[Fact]] = field(default_factory=dict)
    rolled_back: set[int] = field(default_factory=set)

    @property
    def unknown(self) -> set[int]:
        return self.ordered - self.acknowledged.keys() - self.rolled_back


@dataclass
class Found:
    """Everything that was gathered after the run. `applied`: by subscriber, in the order of its effects; `entitled`:
    of which entities a subscriber must have every event, and no others.
    """

    orders: Orders
    rows: Mapping[Fact, int]
    log: Sequence[Logged]
    heads: Mapping[str, tuple[int, bytes]]
    stream: Sequence[Logged]
    applied: Mapping[str, Sequence[Fact]]
    entitled: Mapping[str, Collection[str]]
    left_over: Mapping[str, int]


@dataclass
class Tally:
    """One comparison with what was committed."""

    expected: int = 0
    found: int = 0
    lost_prefix: int = 0
    lost_middle: int = 0
    lost_tail: int = 0
    phantom: int = 0
    double: int = 0
    out_of_order: int = 0

    @property
    def is_clean(self) -> bool:
        return self.expected == self.found and not any(list(asdict(self).values())[2:])


@dataclass
class Verdict:
    """All tallies, and what else was wrong; empty where nothing was."""

    tallies: dict[str, Tally]
    wrong: dict[str, int]

    @property
    def is_clean(self) -> bool:
        return all(tally.is_clean for tally in self.tallies.values()) and not any(self.wrong.values())


def judge(found: Found) -> Verdict:
    """Committed = published = applied, each once and in order; numbers without a gap; hashes that agree."""
    committed = [fact for fact, _ in sorted(found.rows.items(), key=lambda row: (row[1], row[0].value))]
    first_in_stream: dict[str, Logged] = {}
    for event in found.stream:
        first_in_stream.setdefault(event.event_id, event)
    tallies = {
        "acknowledged": _kept(found),
        "log": compare(committed, [fact_of(event) for event in found.log]),
        "stream": compare(committed, [fact_of(event) for event in first_in_stream.values()]),
    }
    for name, applied in found.applied.items():
        tallies[name] = compare([fact for fact in committed if fact.entity in found.entitled[name]], applied)
    return Verdict(tallies, {**chain_faults(found.log, found.heads), **_contradictions(found), **found.left_over})


def fact_of(event: Logged) -> Fact:
    """What its writer knows of it."""
    return Fact(json.loads(event.data)["value"], event.entity, event.version)


def compare(committed: Sequence[Fact], found: Sequence[Fact]) -> Tally:
    """Which are missing (before, between and after those that are there), invented, doubled, out of order."""
    times, wanted = Counter(found), set(committed)
    there = [fact in times for fact in committed]
    first = there.index(True) if True in there else len(there)
    last = len(there) - there[::-1].index(True) if True in there else len(there)
    return Tally(
        expected=len(committed),
        found=len(found),
        lost_prefix=there[:first].count(False),
        lost_middle=there[first:last].count(False),
        lost_tail=there[last:].count(False),
        phantom=sum(fact not in wanted for fact in times),
        double=sum(count - 1 for count in times.values()),
        out_of_order=out_of_order(found),
    )


def out_of_order(found: Iterable[Fact]) -> int:
    """How often an entity's version was not the one after its last: it went back, or left one out."""
    last: dict[str, int] = defaultdict(int)
    wrong = 0
    for fact in found:
        wrong += fact.version != last[fact.entity] + 1
        last[fact.entity] = fact.version
    return wrong


def _kept(found: Found) -> Tally:
    """Whoever was told that it is committed finds it; whoever was told that it is not finds nothing."""
    acknowledged = [fact for _, facts in sorted(found.orders.acknowledged.items()) for fact in facts]
    certain = found.orders.acknowledged.keys() | found.orders.rolled_back
    # What no caller knows the outcome of is judged by its row, and so cannot be missing here.
    rows = [fact for fact, order in found.rows.items() if order in certain or order not in found.orders.ordered]
    tally = compare(acknowledged, rows)
    tally.out_of_order = 0
    return tally


def chain_faults(
    log: Sequence[Logged], stated: Mapping[str, tuple[int, bytes]], *, where: str = "the log"
) -> dict[str, int]:
    """Positions from 1, sequences of each topic from 1, and the running hash, computed again from what is there."""
    heads: dict[str, tuple[int, bytes]] = {}
    gaps = broken = 0
    for place, event in enumerate(log, start=1):
        sequence, previous = heads.get(event.topic, (0, bytes(32)))
        current = sha256(previous + event.event_id.encode() + event.data.encode()).digest()
        gaps += event.position != place or event.sequence != sequence + 1
        broken += event.hash != current
        heads[event.topic] = (event.sequence, event.hash)
    return {
        f"gaps in {where}": gaps,
        "broken links": broken,
        "heads that differ from the log": sum(
            heads.get(topic) != stated.get(topic) for topic in heads.keys() | stated.keys()
        ),
    }


def _contradictions(found: Found) -> dict[str, int]:
    """What was published is in the log with the same numbers and content; at least once; no version twice."""
    log = {event.event_id: event[:5] + event[6:] for event in found.log}
    numbers = Counter((fact.entity, fact.version) for fact in found.rows)
    return {
        "published and not so in the log": sum(
            log.get(event.event_id) != event[:5] + event[6:] for event in found.stream
        ),
        "versions given twice": sum(count - 1 for count in numbers.values()),
    }

"""What must hold after a run, over what callers were told, the databases, the stream and a department. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.checker import Fact, Logged, Tally, Verdict, chain_faults, compare

SUBMITTED, ACCESSED = "application.submitted", "data.accessed"


@dataclass
class Told:
    """The journal: which acts were tried, and which application each was told to be."""

    tried: set[str] = field(default_factory=set)
    acknowledged: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, journal: Path) -> "Told":
        told = cls()
        for line in journal.read_text().splitlines():
            said = json.loads(line)
            if "ordered" in said:
                told.tried.add(said["ordered"]["operation"])
            elif said["outcome"] == "committed":
                told.acknowledged[said["operation"]] = said["application"]
            else:
                told.tried.discard(said["operation"])
        return told


@dataclass
class Books:
    """What was found. `logs`, `heads`, `streams`: by service; `department`: what it applied, in its order; `accesses`:
    the events that the platform's own subscriber has had.
    """

    applications: Sequence[str]
    logs: Mapping[str, Sequence[Logged]]
    heads: Mapping[str, Mapping[str, tuple[int, bytes]]]
    streams: Mapping[str, Sequence[Logged]]
    department: Sequence[Fact]
    accesses: Sequence[str]
    left_over: Mapping[str, int]


def judge(told: Told, books: Books, *, topic: str) -> Verdict:
    """Whoever was told that they have applied, has; each application is an event, once; what is in the logs is in the
    stream and at whoever subscribed to it, each once and in order.
    """
    tallies = {"applications": _kept(told, books), "their events": _told_of(books)}
    for service, log in books.logs.items():
        tallies[f"{service} in the stream"] = compare(
            *(_places(service, part) for part in (log, books.streams[service]))
        )
    followed = [event for event in books.logs["licensing"] if event.topic.startswith(topic)]
    tallies["at the department"] = compare([_in_topic(event) for event in followed], books.department)
    accessed = [event.event_id for log in books.logs.values() for event in log if _is(event, ACCESSED)]
    tallies["at the platform's subscriber"] = _unordered(accessed, books.accesses)
    wrong = {"gaps in the logs": 0, "broken links": 0, "heads that differ from the log": 0, **books.left_over}
    for service, log in books.logs.items():
        for what, count in chain_faults(log, books.heads[service], where="the logs").items():
            wrong[what] += count
    return Verdict(tallies, wrong)


def _kept(told: Told, books: Books) -> Tally:
    acknowledged = list(told.acknowledged.values())
    unknown = len(told.tried) - len(acknowledged)
    # Whoever gave up knows nothing; their applications may be there or not.
    rows = [each for each in books.applications if each in set(acknowledged) or not unknown]
    tally = _unordered(sorted(set(acknowledged)), rows)
    tally.phantom = max(0, len(books.applications) - len(told.tried))
    tally.double += len(acknowledged) - len(set(acknowledged))
    return tally


def _told_of(books: Books) -> Tally:
    submitted = [event.entity for event in books.logs["licensing"] if _is(event, SUBMITTED)]
    return _unordered(books.applications, submitted)


def _unordered(expected: Sequence[str], found: Sequence[str]) -> Tally:
    facts = [[Fact(each, each, 1) for each in part] for part in (expected, found)]
    return compare(*facts)


def _places(service: str, events: Sequence[Logged]) -> list[Fact]:
    """Each event once, where it first stands; its version is its position, so that order shows."""
    first = {event.event_id: event for event in reversed(events)}
    return [
        Fact(event.event_id, service, event.position)
        for event in dict.fromkeys(first[event.event_id] for event in events)
    ]


def _in_topic(event: Logged) -> Fact:
    return Fact(event.event_id, event.topic, event.sequence)


def _is(event: Logged, type_: str) -> bool:
    return event.topic.split(".", 1)[1].startswith(f"{type_}.")

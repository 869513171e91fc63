"""Merging feeds: which services a topic filter concerns, and in which order their events are told. Pure.

Services are independent, so between them there is no order but time; within one, position is the order, always.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any

from gateway.routing.model import PUBLISHERS, ServiceName

# Each entity's events belong to one service; with a new entity, its name belongs here.
ENTITIES: Mapping[str, ServiceName] = {
    "party": "identity",
    "thing": "licensing",
    "application": "licensing",
    "case": "licensing",
    "rating": "licensing",
    "delivery": "certificates",
    "certificate": "certificates",
    "record": "records",
    "evidence": "records",
    "archive": "records",
}


def services_of(topic: str) -> tuple[ServiceName, ...]:
    """The services that publish on topics of this filter: one where its entity is named, else all of them."""
    # evt.<entity>.<event>... and to.<department>.<entity>.<event>
    place = {"evt": 1, "to": 2}
    tokens = topic.split(".")
    named = tokens[place.get(tokens[0], len(tokens)) :]
    owner = ENTITIES.get(named[0]) if named else None
    return PUBLISHERS if owner is None else (owner,)


def filters_by_service(topics: Iterable[str]) -> dict[ServiceName, list[str]]:
    """What to ask of whom."""
    concerned: dict[ServiceName, list[str]] = {}
    for topic in dict.fromkeys(topics):
        for service in services_of(topic):
            concerned.setdefault(service, []).append(topic)
    return concerned


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one service answered: its next events, and how far it looked. `through` reaches beyond the last of them."""

    service: str
    after: int
    events: Sequence[Mapping[str, Any]]
    through: int


def merge_stretches(stretches: Iterable[Stretch], *, limit: int) -> tuple[list[Mapping[str, Any]], dict[str, int]]:
    """At most `limit` events, the earliest first, and how far each service's log is told with them."""
    known = {stretch.service: stretch for stretch in stretches}
    # Without the Z, text sorts as time does: a whole second has no fraction.
    queues = [[(event["time"].removesuffix("Z"), name, event) for event in of.events] for name, of in known.items()]
    told = [(name, event) for _, name, event in merge(*queues, key=lambda each: each[0])][:limit]
    count = dict.fromkeys(known, 0)
    positions = {name: of.after for name, of in known.items()}
    for name, event in told:
        count[name] += 1
        positions[name] = int(event["position"])
    for name, of in known.items():
        if count[name] == len(of.events):
            positions[name] = of.through
    return [event for _, event in told], positions

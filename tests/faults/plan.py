"""Which fault comes when: drawn from the seed alone, so that a run can be repeated. Pure."""

import random
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "kill api",
    "kill edge",
    "kill relay",
    "kill consumer",
    "kill department",
    "kill nats",
    "kill postgres",
    "kill postgres backend",
    "lose nats store",
    "pause relay leader",
    "stop department",
]
# Every kind once in each round, in another order.
ROUND: tuple[Kind, ...] = (
    "kill api",
    "kill edge",
    "kill relay",
    "kill consumer",
    "kill department",
    "kill nats",
    "kill postgres",
    "kill postgres backend",
    "kill relay",
    "lose nats store",
    "pause relay leader",
)
QUIET_AT_FIRST = 8.0
QUIET_AT_LAST = 6.0
MEAN_SECONDS = 6.5
LONG_RUN_SECONDS = 1500.0
LEASE_SECONDS = 5.0


@dataclass(frozen=True)
class Fault:
    """One fault: it is done `at` this second of the load, and undone after so many."""

    at: float
    kind: Kind
    undone_after: float


def draw(seed: int, *, seconds: float) -> list[Fault]:
    """The faults of a load of this length, in order of time."""
    chance = random.Random(seed)
    is_long = seconds >= LONG_RUN_SECONDS
    # Shorter where there is less time, a pause still longer than the lease and PostgreSQL's patience with an idle
    # transaction (15 s) together.
    pause, outage = (60.0, 300.0) if is_long else (min(25.0, seconds / 4), seconds / 4)
    last = seconds - QUIET_AT_LAST
    found = [Fault(seconds * chance.uniform(0.1, 0.3), "stop department", outage)]
    at, paused_until, bag = QUIET_AT_FIRST, 0.0, list[Kind]()
    while at < last - 4.0:
        bag = bag or chance.sample(ROUND, len(ROUND))
        kind = bag.pop()
        undone_after = pause if kind == "pause relay leader" else chance.uniform(0.1, 3.0)
        if kind == "pause relay leader":
            possible = at > paused_until and at + pause < last
            paused_until = at + pause + 5.0 if possible else paused_until
        else:
            # What a lost store held is published again, all of it: a promise of its own, with a time of its own.
            possible = kind != "lose nats store" or at < seconds / 2
        if possible:
            found.append(Fault(round(at, 2), kind, round(undone_after, 2)))
        at += chance.uniform(0.3, 2 * MEAN_SECONDS - 0.3) if possible else 0.0
    return sorted(found, key=lambda fault: fault.at)

"""Faults are done and undone at their time, each written down; whoever was killed is started again."""

import heapq
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.faults.machines import Program, ServingMachine, StoringMachine
from tests.faults.plan import Fault, Kind

RELAYS = ("relay-1", "relay-2")
VICTIMS: dict[Kind, str] = {
    "kill edge": "edge",
    "kill api": "api",
    "kill consumer": "consumer",
    "stop department": "archive",
    "kill nats": "nats",
    "lose nats store": "nats",
    "kill postgres": "postgres",
    "kill postgres backend": "postgres",
}


class Target(Protocol):
    """What there is to break."""

    seed: int
    seconds: float
    programs: dict[str, Program]
    bus: StoringMachine
    database: ServingMachine

    def say(self, line: str, /) -> None: ...


@dataclass(frozen=True)
class Done:
    """What was done, and when, in seconds since the load began."""

    at: float
    what: str


class Injection:
    """One run's faults."""

    def __init__(self, target: Target, faults: Sequence[Fault]) -> None:
        self._target = target
        self._faults = faults
        self._chance = random.Random(target.seed + 1)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._away: set[str] = set()
        self.done: list[Done] = []
        self.counts: Counter[str] = Counter()
        self.died: list[str] = []
        self.began_at = 0.0

    def carry_out(self) -> None:
        """All of them, until the last is undone."""
        self._started, self.began_at = time.monotonic(), time.time()
        for fault in self._faults:
            self._at(fault.at, lambda fault=fault: self._do(fault))  # type: ignore[misc]
        while self._due:
            at, _, act = self._due[0]
            if at > self._now:
                self.revive()
                time.sleep(min(0.5, max(0.0, at - self._now)))
                continue
            heapq.heappop(self._due)
            act()

    def revive(self) -> None:
        """Whoever ended by itself is written down, and started again as a supervisor would."""
        for name, program in self._target.programs.items():
            if name not in self._away and (status := program.died) is not None:
                self._note(f"{name} ended by itself with {status}")
                self.died.append(name)
                program.start()

    @property
    def _now(self) -> float:
        return time.monotonic() - self._started

    def _at(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (seconds, next(self._number), act))

    def _note(self, what: str) -> None:
        self.done.append(Done(round(self._now, 1), what))
        self._target.say(f"{self._now:7.1f} s  {what}")

    def _do(self, fault: Fault) -> None:
        name = self._choose(fault)
        if name in self._away:
            self._note(f"{fault.kind}: left out, it is away already")
            return
        self._away.add(name)
        self.counts[fault.kind] += 1
        self._note(f"{fault.kind} ({name}) for {fault.undone_after} s")
        self._break(fault, name)
        self._at(self._now + fault.undone_after, lambda: self._undo(fault, name))

    def _choose(self, fault: Fault) -> str:
        if fault.kind == "kill department":
            return self._chance.choice(["registry", "archive"])
        if fault.kind in ("kill relay", "pause relay leader"):
            leader = self._leader()
            other_instead = fault.kind == "kill relay" and self._chance.random() < 0.3
            return next(name for name in RELAYS if (name != leader) is other_instead)
        return VICTIMS[fault.kind]

    def _leader(self) -> str:
        return max(RELAYS, key=lambda name: self._target.programs[name].highest_term("relay"))

    def _break(self, fault: Fault, name: str) -> None:
        match fault.kind:
            case "pause relay leader":
                self._target.programs[name].signal(signal.SIGSTOP)
            case "kill nats":
                self._target.bus.kill()
            case "lose nats store":
                self._target.bus.kill()
                self._target.bus.wipe()
            case "kill postgres":
                self._target.database.kill()
            case "kill postgres backend":
                self._target.database.kill_backend(self._chance.random())
            case _:
                self._target.programs[name].kill()

    def _undo(self, fault: Fault, name: str) -> None:
        self._away.discard(name)
        match fault.kind:
            case "pause relay leader":
                self._target.programs[name].signal(signal.SIGCONT)
                self._note(f"{name} continued")
            case "kill nats" | "lose nats store":
                self._target.bus.start()
            case "kill postgres":
                self._target.database.start()
            case "kill postgres backend":
                pass
            case _:
                self._target.programs[name].start()

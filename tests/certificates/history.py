"""Is a history of concurrent operations linearisable? And what certificates do, as a model that is asked one by one.

An operation takes effect at one instant between its call and its answer, so its answer fits some order of all of them
in which nothing comes before what had already returned (Herlihy and Wing 1990). The search is that of Wing and Gong
with Lowe's memory of what was tried. Pure.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

State = TypeVar("State")
Step = Callable[[State, "Operation"], State | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asked of one object, and what it was answered. Times are the client's order of events.

    `returned` is endless where the client never heard, but it is known that the operation had its effect: at any time
    after its call. What had no effect and was not heard of does not belong into a history.
    """

    name: str
    on: str
    answer: str
    called: float
    returned: float = inf

    def __str__(self) -> str:
        return f"[{self.called:g}, {self.returned:g}] {self.name} {self.on} -> {self.answer}"


@dataclass(frozen=True, slots=True)
class Verdict(Generic[State]):
    """Whether there is such an order. If not: the longest beginning of one, and what nothing of it explains."""

    holds: bool
    tried: int
    order: tuple[Operation, ...] = ()
    stuck: tuple[Operation, ...] = ()

    def __str__(self) -> str:
        told = "\n  ".join(map(str, self.order[-12:]))
        return f"after {len(self.order)} in order, the last of them\n  {told}\nnone fits of\n  " + "\n  ".join(
            map(str, self.stuck)
        )


def judge(history: Sequence[Operation], step: Step[State], initial: State) -> Verdict[State]:
    """Search an order of the whole history that `step` explains: it answers the next state, None where none fits."""
    operations = sorted(history, key=lambda operation: operation.called)
    seen: set[tuple[int, State]] = {(0, initial)}
    longest: tuple[int, ...] = ()
    # Each entry: which are done (a bit for each), the state, the order so far, and what may still come next.
    path: list[tuple[int, State, Iterator[int]]] = [(0, initial, _next(operations, 0))]
    order: list[int] = []
    while path:
        done, state, candidates = path[-1]
        if len(order) > len(longest):
            longest = tuple(order)
        if len(order) == len(operations):
            return Verdict(True, len(seen), tuple(operations[index] for index in order))
        for index in candidates:
            after = step(state, operations[index])
            reached = (done | 1 << index, after)
            if after is not None and reached not in seen:
                seen.add((done | 1 << index, after))
                order.append(index)
                path.append((done | 1 << index, after, _next(operations, done | 1 << index)))
                break
        else:
            path.pop()
            if order:
                order.pop()
    done = sum(1 << index for index in longest)
    return Verdict(
        False,
        len(seen),
        tuple(operations[index] for index in longest),
        tuple(operations[index] for index in _next(operations, done)),
    )


def _next(operations: Sequence[Operation], done: int) -> Iterator[int]:
    """Those not done that were called before any of these had returned: one of them took effect next."""
    first = (~done & (done + 1)).bit_length() - 1  # the lowest bit that is not set
    candidates, earliest = [], inf
    for index in range(first, len(operations)):
        if operations[index].called > earliest:
            break
        if not done >> index & 1:
            candidates.append(index)
            earliest = min(earliest, operations[index].returned)
    # Whoever returned first most likely took effect first.
    return iter(sorted(candidates, key=lambda index: operations[index].returned))


# The certificates of one holder, of a kind of which nobody has two: (certificate, state) in the order of issue.
Holding = tuple[tuple[str, str], ...]
NOTHING: Holding = ()
_IN_FORCE = ("valid", "withheld")
_MOVES = {"withhold": ("valid", "withheld"), "reinstate": ("withheld", "valid")}


def certificates_step(holding: Holding, operation: Operation) -> Holding | None:
    """What an operation does to a holder's certificates; None where its answer does not fit."""
    match operation.name:
        case "list":
            return holding if operation.answer == told(holding) else None
        case "issue":
            return _issued(holding, operation.answer)
        case "verify":
            return holding if dict(holding).get(operation.on) == operation.answer else None
        case "renew":
            return _renewed(holding, operation)
        case _:
            return _moved(holding, operation)


def told(holding: Holding) -> str:
    """A list of certificates with their states, as an answer."""
    return " ".join(sorted(f"{certificate}={state}" for certificate, state in holding))


def _issued(holding: Holding, certificate: str) -> Holding:
    before = [state for _, state in holding if state in _IN_FORCE]
    retired = tuple((each, "expired" if state in _IN_FORCE else state) for each, state in holding)
    return (*retired, (certificate, before[0] if before else "valid"))


def _renewed(holding: Holding, operation: Operation) -> Holding | None:
    state = dict(holding).get(operation.on)
    if state != "valid":
        return holding if operation.answer == f"refused: {state}" else None
    return None if operation.answer.startswith("refused") else _issued(holding, operation.answer)


def _moved(holding: Holding, operation: Operation) -> Holding | None:
    state = dict(holding).get(operation.on)
    allowed = state in _IN_FORCE if operation.name == "revoke" else state == _MOVES[operation.name][0]
    if not allowed:
        return holding if operation.answer == f"refused: {state}" else None
    end = "revoked" if operation.name == "revoke" else _MOVES[operation.name][1]
    moved = tuple((each, end if each == operation.on else was) for each, was in holding)
    return moved if operation.answer == end else None

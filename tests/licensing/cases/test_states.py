"""Every cell of the table of states: what is allowed, and that all else is refused."""

import itertools

import pytest

from licensing.cases.errors import ActNotPossible
from licensing.cases.model import ENDED, MOVES, OPEN, Act, State
from licensing.cases.rules import next_state

ALLOWED = {
    "waiting": {"receive": "received", "block": "blocked", "withdraw": "withdrawn"},
    "received": {
        "assign": "received",
        "accept": "accepted",
        "deem-accepted": "accepted",
        "request-correction": "correction-requested",
        "refuse": "refused",
        "withdraw": "withdrawn",
    },
    "correction-requested": {
        "assign": "correction-requested",
        "correct": "received",
        "lapse": "withdrawn",
        "withdraw": "withdrawn",
    },
    "accepted": {
        "assign": "accepted",
        "suspend": "suspended",
        "extend": "accepted",
        "fall-overdue": "accepted",
        "decide": "decided",
        "withdraw": "withdrawn",
    },
    "suspended": {"assign": "suspended", "resume": "accepted", "withdraw": "withdrawn"},
    "decided": {"conclude": "concluded"},
    "concluded": {"rate": "concluded"},
    "refused": {},
    "withdrawn": {},
    "blocked": {},
}
CELLS = list(itertools.product(State, Act))


@pytest.mark.parametrize(("state", "act"), CELLS, ids=str)
def test_each_act_in_each_state_leads_where_the_law_says_or_is_refused(state: State, act: Act) -> None:
    expected = ALLOWED[state].get(act)
    if expected is not None:
        assert next_state(state, act) == expected
        return
    with pytest.raises(ActNotPossible) as refusal:
        next_state(state, act)
    assert refusal.value.members["state"] == state
    assert refusal.value.members["act"] == act


def test_every_move_names_what_allows_it() -> None:
    assert all(move.basis for move in MOVES.values())


def test_a_refusal_says_what_a_caller_can_do_instead_and_nothing_that_only_the_clock_does() -> None:
    with pytest.raises(ActNotPossible) as refusal:
        next_state(State.RECEIVED, Act.DECIDE)
    assert refusal.value.members["possible"] == ["assign", "accept", "request-correction", "refuse", "withdraw"]


def test_nothing_leads_out_of_an_end_but_a_rating() -> None:
    assert [(state, act) for state, act in MOVES if state in ENDED] == [(State.CONCLUDED, Act.RATE)]


def test_every_open_state_can_reach_an_end() -> None:
    for start in OPEN:
        reached, frontier = {start}, [start]
        while frontier:
            here = frontier.pop()
            frontier += [move.to for (state, _), move in MOVES.items() if state is here and move.to not in reached]
            reached |= set(frontier)
        assert reached & ENDED


def test_every_state_is_reached_from_waiting() -> None:
    reached = {State.WAITING} | {move.to for move in MOVES.values()}
    assert reached == set(State)

"""The life of a case as a table: in this state, this act leads to that state, because of this article.

What is not in the table is refused. Z-REG: Zhejiang "At Most One Visit" Regulation. ALL: national licence law.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    WAITING = "waiting"
    RECEIVED = "received"
    CORRECTION_REQUESTED = "correction-requested"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    DECIDED = "decided"
    CONCLUDED = "concluded"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    BLOCKED = "blocked"


class Act(StrEnum):
    RECEIVE = "receive"
    ASSIGN = "assign"
    REQUEST_CORRECTION = "request-correction"
    CORRECT = "correct"
    LAPSE = "lapse"
    ACCEPT = "accept"
    DEEM_ACCEPTED = "deem-accepted"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    FALL_OVERDUE = "fall-overdue"
    DECIDE = "decide"
    CONCLUDE = "conclude"
    WITHDRAW = "withdraw"
    BLOCK = "block"
    RATE = "rate"


class Move(NamedTuple):
    """Where an act leads, and what allows it."""

    to: State
    basis: str


S, A = State, Act

MOVES: Mapping[tuple[State, Act], Move] = {
    # A case that needs another case's result is received when that result is there.
    (S.WAITING, A.RECEIVE): Move(S.RECEIVED, "Z-REG 5 ¶3: received on notice that the previous agency has finished"),
    (S.WAITING, A.BLOCK): Move(S.BLOCKED, "Z-REG 5 ¶3: the previous agency will give no notice; no clock ever ran"),
    (S.WAITING, A.WITHDRAW): Move(S.WITHDRAWN, "the applicant may withdraw before the decision"),
    # Receipt: five working days to accept, to refuse, or to say once what is missing.
    (S.RECEIVED, A.ASSIGN): Move(S.RECEIVED, "ALL 34: staff are designated"),
    (S.RECEIVED, A.ACCEPT): Move(S.ACCEPTED, "ALL 32(5), Z-REG 11 ¶1: complete, hence accepted"),
    (S.RECEIVED, A.DEEM_ACCEPTED): Move(S.ACCEPTED, "ALL 32(4): not told within 5 days, accepted as of receipt"),
    (S.RECEIVED, A.REQUEST_CORRECTION): Move(S.CORRECTION_REQUESTED, "Z-REG 11 ¶3, ALL 32(4): told once, with a date"),
    (S.RECEIVED, A.REFUSE): Move(S.REFUSED, "ALL 32(1)(2), Z-REG 11 ¶3: not accepted, with written reasons"),
    (S.RECEIVED, A.WITHDRAW): Move(S.WITHDRAWN, "the applicant may withdraw before the decision"),
    # Correction.
    (S.CORRECTION_REQUESTED, A.ASSIGN): Move(S.CORRECTION_REQUESTED, "ALL 34: staff are designated"),
    (S.CORRECTION_REQUESTED, A.CORRECT): Move(S.RECEIVED, "Z-REG 11 ¶3: the correction is examined as received"),
    (S.CORRECTION_REQUESTED, A.LAPSE): Move(S.WITHDRAWN, "Z-REG 11 ¶3: not corrected in time, deemed withdrawn"),
    (S.CORRECTION_REQUESTED, A.WITHDRAW): Move(S.WITHDRAWN, "the applicant may withdraw before the decision"),
    # Accepted: both clocks run.
    (S.ACCEPTED, A.ASSIGN): Move(S.ACCEPTED, "ALL 34: staff are designated"),
    (S.ACCEPTED, A.SUSPEND): Move(S.SUSPENDED, "ALL 45, Z-REG 28: only for what the law does not count, in writing"),
    (S.ACCEPTED, A.EXTEND): Move(S.ACCEPTED, "ALL 42: once, at most 10 days, by the agency's head, with the reason"),
    (S.ACCEPTED, A.FALL_OVERDUE): Move(S.ACCEPTED, "Z-REG 12: the promised limit binds"),
    (S.ACCEPTED, A.DECIDE): Move(S.DECIDED, "ALL 38, Z-REG 13: a written decision, with reasons where denied"),
    (S.ACCEPTED, A.WITHDRAW): Move(S.WITHDRAWN, "the applicant may withdraw before the decision"),
    # Suspended: the clocks stand still.
    (S.SUSPENDED, A.ASSIGN): Move(S.SUSPENDED, "ALL 34: staff are designated"),
    (S.SUSPENDED, A.RESUME): Move(S.ACCEPTED, "ALL 45: the time of the special procedure is not counted"),
    (S.SUSPENDED, A.WITHDRAW): Move(S.WITHDRAWN, "the applicant may withdraw before the decision"),
    # Decided: certificates and records are made of it (ALL 44: within 10 days).
    (S.DECIDED, A.CONCLUDE): Move(S.CONCLUDED, "ALL 44: issued and delivered"),
    (S.CONCLUDED, A.RATE): Move(S.CONCLUDED, "GB/T 39734: voluntary, once for each case"),
}

ENDED = frozenset({S.CONCLUDED, S.REFUSED, S.WITHDRAWN, S.BLOCKED})
OPEN = frozenset(State) - ENDED

# Acts by no hand, which no caller can ask for.
BY_THE_PLATFORM = frozenset({A.RECEIVE, A.DEEM_ACCEPTED, A.LAPSE, A.FALL_OVERDUE, A.CONCLUDE, A.BLOCK})

# What the applicant is told in writing, with its reasons (ALL 32, 38, 42, 45).
TOLD_IN_WRITING = frozenset({A.REQUEST_CORRECTION, A.REFUSE, A.SUSPEND, A.EXTEND, A.DECIDE})


def acts_in(state: State) -> list[Act]:
    """What can be done in a state, in the order of the table."""
    return [act for (where, act) in MOVES if where is state]

"""One function for each change of a case: load, allow, decide, change, record."""

from licensing.cases.commands.accepting import (
    accept,
    assign,
    correct,
    deem_accepted,
    lapse,
    refuse,
    request_correction,
)
from licensing.cases.commands.changing import CaseEnded, Office
from licensing.cases.commands.deciding import decide, rate
from licensing.cases.commands.ending import withdraw_cases
from licensing.cases.commands.opening import Arrived, evidence_arrived, open_cases
from licensing.cases.commands.pausing import extend, fall_overdue, recount, resume, suspend
from licensing.cases.commands.reading import CaseFile, get_yield, list_notices, look, open_file

__all__ = [
    "Arrived",
    "CaseEnded",
    "CaseFile",
    "Office",
    "accept",
    "assign",
    "correct",
    "decide",
    "deem_accepted",
    "evidence_arrived",
    "extend",
    "fall_overdue",
    "get_yield",
    "lapse",
    "list_notices",
    "look",
    "open_cases",
    "open_file",
    "rate",
    "recount",
    "refuse",
    "request_correction",
    "resume",
    "suspend",
    "withdraw_cases",
]

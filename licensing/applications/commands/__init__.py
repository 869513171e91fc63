"""One function for each change of a draft or an application."""

from licensing.applications.commands.desk import Desk
from licensing.applications.commands.drafting import Change, Wish, change_draft, get_draft, make_draft
from licensing.applications.commands.ending import case_ended, withdraw_application
from licensing.applications.commands.forgetting import TIMERS, forget_drafts, start_forgetting
from licensing.applications.commands.submitting import Attempt, get_opened, submit

__all__ = [
    "TIMERS",
    "Attempt",
    "Change",
    "Desk",
    "Wish",
    "case_ended",
    "change_draft",
    "forget_drafts",
    "get_draft",
    "get_opened",
    "make_draft",
    "start_forgetting",
    "submit",
    "withdraw_application",
]

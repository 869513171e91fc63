"""Who may do what with parties. Scopes are checked on the route; here is what a scope alone does not say."""

import re

from identity.parties.errors import PurposeRefused, RoleMissing
from shared.auth import Caller
from shared.contracts.evidence import Grant
from shared.regions import significant

REGISTER = "parties:register"
RESOLVE = "parties:resolve"
NUMBER = "parties:number"
INTERNAL = "internal"

# The authority that assigns numbers: public security for residents (Resident Identity Card Law Art 4).
NUMBER_AUTHORITY = "number-authority"


def check_may_assign_numbers(caller: Caller) -> None:
    """Only the assigning authority may, whatever its scopes."""
    if NUMBER_AUTHORITY not in caller.roles:
        raise RoleMissing(role=NUMBER_AUTHORITY)


def check_grant_is_callers(caller: Caller, grant: Grant) -> None:
    """A grant speaks for the department that it names, and for no other."""
    if caller.department is None or grant.sub != caller.department:
        raise PurposeRefused(reason="grant-of-another")


def may_read_events(caller: Caller, topic: str) -> bool:
    """Departments may follow the parties of their own region, and our own services all of them.

    `topic` is a filter of the form `evt.party.<event>.<kind>.<province>.<city>.<county>`.
    """
    if caller.kind == "service":
        return True
    space_entity, region = topic.split(".")[:2], topic.split(".")[4:]
    if caller.kind != "department":
        return False
    if space_entity[0] == "to":
        return True  # None of ours, and whose space it is was decided before.
    if caller.region is None or space_entity != ["evt", "party"]:
        return False
    own = re.findall("..", significant(caller.region))
    return region[: len(own)] == own


def acting(caller: Caller) -> str:
    """Who is to be named in the books: the department and its officer."""
    return f"{caller.sub}/{caller.act or '-'}"

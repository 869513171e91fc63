"""Who may do what with parties. Scopes are checked on the route; here is what a scope alone does not say."""

from identity.parties.errors import PurposeRefused, RoleMissing
from shared.auth import Caller
from shared.contracts.evidence import Grant

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


def acting(caller: Caller) -> str:
    """Who is to be named in the books: the department and its officer."""
    return f"{caller.sub}/{caller.act or '-'}"

"""Who may do what with parties. Scopes are checked on the route; here is what a scope alone does not say."""

from identity.parties.errors import PurposeRefused, RoleMissing
from shared.auth import Caller
from shared.contracts.evidence import Grant

REGISTER = "parties:register"
RESOLVE = "parties:resolve"
NUMBER = "parties:number"
INTERNAL = "internal"
IMPORT = "evidence:import"

UNKNOWN_PER_MINUTE = 10
# Whoever loads a register from before go-live looks up people of whom many have moved away or died.
UNKNOWN_PER_MINUTE_OF_IMPORTERS = 500

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


def unknown_allowed(caller: Caller) -> int:
    """How many unknown numbers the caller may ask for in a minute: few, so that nobody finds numbers by trying."""
    return UNKNOWN_PER_MINUTE_OF_IMPORTERS if IMPORT in caller.scopes else UNKNOWN_PER_MINUTE


def acting(caller: Caller) -> str:
    """Who is to be named in the books: the department and its officer."""
    return f"{caller.sub}/{caller.act or '-'}"

"""Who is let onto the bus, and what they may do there. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from identity.tokens.rules import Client, Officer
from shared.auth import Caller
from shared.ids import new_id
from shared.jose import LEEWAY_SECONDS
from shared.messaging.jetstream import STREAM

# Begins the name of every department's account; no account of ours begins so.
DEPARTMENT = "DEPARTMENT_"
# The server cannot be told of another account while it runs, so there are as many as a province will have departments.
ACCOUNTS = 512
SCOPE = "events"
# A connection outlives the access token that opened it; whoever may not stay is cut off long before this.
LONGEST = timedelta(hours=1)
# Tokens from before are refused with this tolerance, too.
_LEEWAY = timedelta(seconds=LEEWAY_SECONDS)
# Pulling and acknowledging take few bytes and few inboxes.
_LIMITS = {"subs": 100, "data": -1, "payload": 65_536}


class NotAdmitted(Exception):
    """May not be on the bus. The reason is for our log; whoever asked learns only that it is no."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class BusUser:
    """Whose connection it is: a department's system acting for an officer. The user's name on the bus says it."""

    department: str
    client_id: str
    officer: UUID

    @property
    def name(self) -> str:
        return f"{self.department}/{self.client_id}/{self.officer}"

    @classmethod
    def parse(cls, name: str) -> "BusUser":
        """Who has this name; `NotAdmitted` where it is no name of ours."""
        try:
            department, client_id, officer = name.split("/")
            return cls(department, client_id, UUID(officer))
        except ValueError:
            raise NotAdmitted("a name that nobody was given") from None


def bus_user(caller: Caller) -> BusUser:
    """Whom an access token lets in: a department's system with the scope; `NotAdmitted` for everybody else."""
    if caller.kind != "department" or SCOPE not in caller.scopes:
        raise NotAdmitted("not a department's token for events")
    if caller.department is None or caller.act is None:
        raise NotAdmitted("the token names no department or no officer")
    try:
        return BusUser(caller.department, caller.client_id, UUID(caller.act))
    except ValueError:
        raise NotAdmitted("the token names no officer") from None


def check_standing(user: BusUser, client: Client | None, officer: Officer | None, *, since: datetime) -> None:
    """Holds as long as a connection may stay; `NotAdmitted` when what the token said is so no more.

    `since`: when the token was given or the connection opened; from before a key was found in other hands, it may
    be anybody's.
    """
    if client is None or client.revoked:
        raise NotAdmitted("the client is revoked")
    if client.refused_before is not None and since <= client.refused_before + _LEEWAY:
        raise NotAdmitted("from before a key was taken away")
    if client.department != user.department or SCOPE not in client.scopes:
        raise NotAdmitted("the client may not follow events any more")
    if officer is None or officer.dismissed or officer.department != user.department:
        raise NotAdmitted("the officer is not in office")


def account(number: int) -> str:
    """A department's account on the bus: what it says there, nobody in another account can hear, name or disturb."""
    if not 1 <= number <= ACCOUNTS:
        raise NotAdmitted(f"the bus has {ACCOUNTS} accounts, and all are taken")
    return f"{DEPARTMENT}{number}"


def inbox_prefix(department: str) -> str:
    """Where the department's answers arrive."""
    return f"_INBOX_{department}"


def user_claims(user: BusUser, *, account: str, nkey: str, consumers: Sequence[str], at: datetime) -> dict[str, Any]:
    """What the bus is told: this user of this account may pull from, look at and acknowledge these consumers, and hear
    the answers. Nothing besides; without a consumer, publish nothing at all.
    """
    may = [subject for consumer in consumers for subject in _subjects(consumer)]
    rights = {
        "pub": {"allow": may} if may else {"deny": [">"]},
        "sub": {"allow": [f"{inbox_prefix(user.department)}.>"]},
    }
    return {
        "jti": str(new_id()),
        "aud": account,
        "sub": nkey,
        "name": user.name,
        "iat": int(at.timestamp()),
        "exp": int((at + LONGEST).timestamp()),
        "nats": {**rights, **_LIMITS, "allowed_connection_types": ["STANDARD"], "type": "user", "version": 2},
    }


def _subjects(consumer: str) -> tuple[str, str, str]:
    return (
        f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{consumer}",
        f"$JS.API.CONSUMER.INFO.{STREAM}.{consumer}",
        f"$JS.ACK.{STREAM}.{consumer}.>",
    )

"""Whose access tokens are good no more, though they have not expired: told by identity to every service."""

from collections.abc import Mapping

from pydantic import Field

from shared.auth.caller import Caller
from shared.jose import LEEWAY_SECONDS
from shared.schemas import AwareDatetime, Strict


class Revocations(Strict):
    """Since when, by the name of a revoked client and by the id of a dismissed officer. Only those of late: the tokens
    of the others have expired.
    """

    clients: Mapping[str, AwareDatetime] = Field(default_factory=dict)
    officers: Mapping[str, AwareDatetime] = Field(default_factory=dict)


def is_revoked(caller: Caller, *, issued: float, revocations: Revocations) -> bool:
    """Whether the client, or the officer for whom it acts, was revoked after the token was issued.

    With the tolerance of all times between clocks: an officer who is back in office may have to wait for a minute.
    """
    officer = revocations.officers.get(caller.act or "") if caller.kind == "department" else None
    since = (revocations.clients.get(caller.client_id), officer)
    return any(issued <= at.timestamp() + LEEWAY_SECONDS for at in since if at is not None)

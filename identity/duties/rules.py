"""Whether a standing duty covers what is asked of it, and the grant that follows. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import JsonValue

from identity.duties.errors import KindsOutsideDuty, PartiesOutsideDuty
from identity.duties.model import Duty, Known
from identity.tokens.rules import ACCESS_TOKEN_LIFE
from shared.contracts.evidence import Grant
from shared.errors import NotAllowed
from shared.ids import new_id
from shared.regions import covers

ISSUER: Final = "identity"
# No longer than an access token: for so long a key that was retired is still published.
GRANT_LIFE: Final = ACCESS_TOKEN_LIFE


def refusal(
    duty: Duty, *, kinds: Collection[str], parties: Sequence[UUID], known: Mapping[UUID, Known], region: str
) -> NotAllowed | None:
    """Why the duty does not cover these kinds and parties for a department of this region; None if it does."""
    if not set(kinds) <= set(duty.kinds):
        return KindsOutsideDuty(kinds=[*duty.kinds])
    outside: list[JsonValue] = [
        {"pointer": f"/body/parties/{index}", "reason": "not known, or outside the duty"}
        for index, party in enumerate(parties)
        if not _reaches(duty, known.get(party), region=region)
    ]
    if outside:
        return PartiesOutsideDuty(errors=outside, regions=[*duty.regions], party_kinds=[*duty.party_kinds])
    return None


def _reaches(duty: Duty, known: Known | None, *, region: str) -> bool:
    return (
        known is not None
        and known.kind in duty.party_kinds
        and covers(region, known.region)
        and any(covers(scope, known.region) for scope in duty.regions)
    )


def grant_of(
    duty: Duty,
    *,
    item: str,
    kinds: Sequence[str],
    parties: Sequence[UUID],
    reference: UUID | None,
    region: str,
    officer: str | None,
    at: datetime,
) -> Grant:
    """The department may read these kinds about these parties, for a short while; it carries the law in words.

    `reference` is the department's own case; without one the reading gets an id of its own.
    """
    issued = int(at.timestamp())
    return Grant(
        iss=ISSUER,
        jti=new_id(),
        sub=duty.department,
        purpose="duty",
        ref=reference or new_id(),
        items=(item,),
        region=region,
        parties=tuple(dict.fromkeys(parties)),
        kinds=tuple(dict.fromkeys(kinds)),
        iat=issued,
        exp=issued + int(GRANT_LIFE.total_seconds()),
        officer=officer,
        duty=duty.code,
        basis=duty.law,
    )

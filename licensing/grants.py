"""Why evidence may be read: a short statement that licensing signs, and that sources verify offline."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.contracts.evidence import GRANT_TYPE, Grant
from shared.ids import new_id
from shared.jose import SigningKey

ISSUER = "licensing"
LIFETIMES = {"draft": timedelta(minutes=30), "case": timedelta(hours=24)}


def make_grant(
    key: SigningKey,
    *,
    reader: str,
    purpose: Literal["draft", "case"],
    ref: UUID,
    items: Collection[str],
    region: str,
    parties: Collection[UUID],
    kinds: Collection[str],
    at: datetime,
    officer: UUID | None = None,
) -> str:
    """A JWS that lets `reader` read evidence of these kinds about these parties, for this draft or case.

    A draft's is good for 30 minutes and a case's for 24 hours; sources refuse it earlier once the case has ended.
    """
    issued = int(at.timestamp())
    grant = Grant(
        iss=ISSUER,
        jti=new_id(),
        sub=reader,
        purpose=purpose,
        ref=ref,
        items=tuple(items),
        region=region,
        parties=tuple(parties),
        kinds=tuple(kinds),
        iat=issued,
        exp=issued + int(LIFETIMES[purpose].total_seconds()),
        officer=str(officer) if officer else None,
    )
    return key.sign(grant.model_dump(mode="json", exclude_none=True), typ=GRANT_TYPE)

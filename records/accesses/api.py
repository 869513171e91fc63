"""`GET /v1/accesses`: who read my data, when and why; and that of the children for whom I act."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query

from records.accesses import queries
from records.accesses.errors import PartyNotRepresented
from records.accesses.schemas import AccessView
from records.service import Current
from shared.auth import Caller, requires
from shared.database import Read
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor
from shared.representation import open_representation

router = APIRouter(prefix="/v1/accesses", tags=["accesses"])

Party = Annotated[Caller, requires("applicant", kinds=["person"])]
Whose = Annotated[Literal["me"] | UUID, Query(alias="party", description="`me`, or a party whom you represent.")]
Representation = Annotated[
    str | None,
    Header(max_length=8192, description="`statement` of `GET /v1/me/representations`, to look for somebody else."),
]


async def looked_at(
    caller: Party, service: Current, whose: Whose = "me", representation: Representation = None
) -> UUID:
    """Whose accesses the caller may see: their own, and those of whom identity states that they represent."""
    party = caller.party if whose == "me" else whose
    if party == caller.party:
        return party
    if representation is None:
        raise PartyNotRepresented
    stated = await open_representation(
        representation,
        of=caller.party,
        keys=service.identity_keys,
        issuer=service.settings.issuer,
        at=service.clock(),
    )
    if party not in stated.may_act_for:
        raise PartyNotRepresented
    return party


@router.get("")
async def list_accesses(
    conn: Read, party: Annotated[UUID, Depends(looked_at)], limit: Limit = 20, after: After = None
) -> Page[AccessView]:
    """Every read of your own data by a department or by the platform for you, newest first."""
    rows = await queries.list_of_party(conn, party, limit=limit, after=decode_cursor(after))
    return Page[AccessView].of(rows, limit=limit, show=AccessView.of, key=lambda row: encode_cursor(row.at, row.event))

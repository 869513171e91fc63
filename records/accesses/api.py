"""`GET /v1/accesses`: who read my data, when and why."""

from typing import Annotated

from fastapi import APIRouter

from records.accesses import queries
from records.accesses.schemas import AccessView
from shared.auth import Caller, requires
from shared.database import Read
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1/accesses", tags=["accesses"])

Party = Annotated[Caller, requires("applicant", kinds=["person"])]


@router.get("")
async def list_accesses(conn: Read, caller: Party, limit: Limit = 20, after: After = None) -> Page[AccessView]:
    """Every read of your own data by a department or by the platform for you, newest first."""
    rows = await queries.list_of_party(conn, caller.party, limit=limit, after=decode_cursor(after))
    return Page[AccessView].of(rows, limit=limit, show=AccessView.of, key=lambda row: encode_cursor(row.at, row.event))

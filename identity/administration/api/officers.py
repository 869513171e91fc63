"""Officers (经办人), as an administrator registers them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from identity.administration import commands, queries
from identity.administration.schemas import OfficerSays, OfficerView
from identity.service import Current
from shared.administration import Administrator
from shared.database import Read, Transaction
from shared.pagination import Limit, Page
from shared.schemas import Code

router = APIRouter(tags=["administration"])


@router.get("/v1/admin/officers")
async def list_officers(
    _: Administrator,
    conn: Read,
    department: Code | None = None,
    limit: Limit = 50,
    after: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
) -> Page[OfficerView]:
    """Officers of one department or of all, by id."""
    rows = await queries.list_officers(conn, department=department, after=after, limit=limit)
    return Page[OfficerView].of(rows, limit=limit, show=OfficerView.of, key=lambda row: str(row.id))


@router.get("/v1/admin/officers/{officer}")
async def get_officer(officer: UUID, _: Administrator, conn: Read) -> OfficerView:
    """One officer."""
    return OfficerView.of(await queries.get_officer(conn, officer))


@router.put("/v1/admin/officers/{officer}")
async def put_officer(
    officer: UUID, body: OfficerSays, caller: Administrator, conn: Transaction, service: Current, response: Response
) -> OfficerView:
    """Register an officer under an id of your making, or change name or roles. 201 where they are new, else 200."""
    row, is_new = await commands.put_officer(conn, officer, body.row(), by=caller.sub, at=service.clock())
    response.status_code = 201 if is_new else 200
    return OfficerView.of(row)


@router.post("/v1/admin/officers/{officer}/suspension")
async def suspend_officer(officer: UUID, caller: Administrator, service: Current) -> OfficerView:
    """Nobody acts for the officer from now on; tokens in use are refused within half a minute."""
    async with service.database.transaction() as conn:
        row = await commands.suspend_officer(conn, officer, by=caller.sub, at=service.clock())
    service.door.look_now()
    return OfficerView.of(row)


@router.post("/v1/admin/officers/{officer}/reinstatement")
async def reinstate_officer(officer: UUID, caller: Administrator, conn: Transaction, service: Current) -> OfficerView:
    """The officer is in office again."""
    return OfficerView.of(await commands.reinstate_officer(conn, officer, by=caller.sub, at=service.clock()))

"""Departments, as an administrator registers them."""

from fastapi import APIRouter, Response

from identity.administration import commands, queries
from identity.administration.schemas import DepartmentSays, DepartmentView, Retirement
from identity.service import Current
from shared.administration import Administrator
from shared.database import Read, Transaction
from shared.pagination import After, Limit, Page
from shared.schemas import Code

router = APIRouter(tags=["administration"])


@router.get("/v1/admin/departments")
async def list_departments(
    _: Administrator, conn: Read, limit: Limit = 50, after: After = None
) -> Page[DepartmentView]:
    """All departments by code, the retired ones too."""
    rows = await queries.list_departments(conn, after=after or "", limit=limit)
    return Page[DepartmentView].of(rows, limit=limit, show=DepartmentView.of, key=lambda row: str(row.code))


@router.get("/v1/admin/departments/{code}")
async def get_department(code: Code, _: Administrator, conn: Read) -> DepartmentView:
    """One department."""
    return DepartmentView.of(await queries.get_department(conn, code))


@router.put("/v1/admin/departments/{code}")
async def put_department(
    code: Code, body: DepartmentSays, caller: Administrator, conn: Transaction, service: Current, response: Response
) -> DepartmentView:
    """Register a department, or change its name, credit code or region. 201 where it is new, else 200."""
    row, is_new = await commands.put_department(conn, code, body.row(), by=caller.sub, at=service.clock())
    response.status_code = 201 if is_new else 200
    return DepartmentView.of(row)


@router.post("/v1/admin/departments/{code}/retirement")
async def retire_department(code: Code, caller: Administrator, service: Current) -> Retirement:
    """The department is no more, for good: its clients, officers and subscriptions end with it."""
    async with service.database.transaction() as conn:
        retired = await commands.retire_department(conn, code, by=caller.sub, at=service.clock())
    service.door.look_now()
    return Retirement(
        department=DepartmentView.of(retired.department),
        clients_revoked=retired.clients,
        officers_suspended=retired.officers,
        subscriptions_ended=retired.subscriptions,
    )

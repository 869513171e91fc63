"""Standing duties, as an administrator gives them. Everybody may read them: `GET /v1/duties`."""

from fastapi import APIRouter, Response

from identity.administration import commands
from identity.administration.schemas import DutySays
from identity.duties.schemas import DutyView
from identity.service import Current
from shared.administration import Administrator
from shared.database import Transaction
from shared.schemas import Code

router = APIRouter(tags=["administration"])


@router.put("/v1/admin/departments/{code}/duties/{duty}")
async def put_duty(
    code: Code,
    duty: Code,
    body: DutySays,
    caller: Administrator,
    conn: Transaction,
    service: Current,
    response: Response,
) -> DutyView:
    """Give a department a standing duty, or change what it says. 201 where it is new, else 200."""
    found, is_new = await commands.put_duty(conn, code, duty, body.row(), by=caller.sub, at=service.clock())
    response.status_code = 201 if is_new else 200
    return DutyView.of(found)


@router.delete("/v1/admin/departments/{code}/duties/{duty}", status_code=204)
async def end_duty(code: Code, duty: Code, caller: Administrator, conn: Transaction, service: Current) -> None:
    """The department has this duty no more; a grant that it got on it holds for ten minutes at most."""
    await commands.end_duty(conn, code, duty, by=caller.sub, at=service.clock())

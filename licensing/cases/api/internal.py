"""For the services that make certificates and records of a decision. The gateway never routes this."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from licensing.cases.commands import get_yield
from shared.auth import Caller, requires
from shared.contracts.yields import CaseYield
from shared.database import Read
from shared.errors import NotAllowed

router = APIRouter(prefix="/internal/cases", tags=["internal"])
MAKERS = frozenset({"certificates", "records"})


@router.get("/{case}/yield")
async def get_case_yield(
    conn: Read, caller: Annotated[Caller, requires("internal", kinds=["service"])], case: UUID
) -> CaseYield:
    """The frozen result of a decided case; its digest is also in `case.decided`."""
    if caller.service not in MAKERS:
        raise NotAllowed
    return await get_yield(conn, case)

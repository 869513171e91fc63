"""Who changed what, and when."""

from fastapi import APIRouter

from shared.administration import Act, Administrator, page_of_acts
from shared.database import Read
from shared.pagination import After, Limit, Page

router = APIRouter(tags=["administration"])


@router.get("/v1/admin/acts")
async def list_acts(_: Administrator, conn: Read, limit: Limit = 50, after: After = None) -> Page[Act]:
    """What administrators did to departments, officers, clients and regions, the latest first."""
    return await page_of_acts(conn, after=after, limit=limit)

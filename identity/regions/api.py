"""Regions, for everybody to read and for administrators to load."""

from typing import Annotated

from fastapi import APIRouter, Query

from identity.regions import commands, queries, rules
from identity.regions.schemas import Region, RegionsLoaded, RegionsSay
from identity.service import Current
from shared.administration import Administrator
from shared.auth import public
from shared.database import Read, Transaction
from shared.pagination import After, Limit, Page
from shared.schemas import RegionCode

router = APIRouter(tags=["regions"])


@router.get("/v1/regions", dependencies=[public()])
async def list_regions(
    conn: Read,
    within: Annotated[RegionCode | None, Query(description="A province or city: itself and all in it.")] = None,
    limit: Limit = 100,
    after: After = None,
) -> Page[Region]:
    """Administrative divisions by code, those that are no more too."""
    first, last = rules.range_within(within) if within else ("000000", "999999")
    rows = await queries.list_regions(conn, first=first, last=last, after=after or "", limit=limit)
    return Page[Region].of(rows, limit=limit, show=Region.of, key=lambda row: str(row.code))


@router.put("/v1/admin/regions")
async def put_regions(
    body: RegionsSay,
    caller: Administrator,
    conn: Transaction,
    service: Current,
) -> RegionsLoaded:
    """Add or change divisions. The same list again changes nothing; one that is no more gets `abolished_on`."""
    rows = [region.row() for region in body.regions]
    loaded = await commands.load_regions(conn, rows, by=caller.sub, at=service.clock())
    return RegionsLoaded(loaded=len(rows), new=loaded.new, changed=loaded.changed)

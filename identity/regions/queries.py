"""Every SQL statement about regions."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.regions.model import regions

RegionRow = Row[*tuple[Any, ...]]


async def own_regions(conn: AsyncConnection) -> None:
    """One list is loaded at a time."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("regions", 0))))


async def all_regions(conn: AsyncConnection) -> dict[str, RegionRow]:
    """Every region by its code: some thousands at most."""
    return {row.code: row for row in await conn.execute(select(regions))}


async def list_regions(conn: AsyncConnection, *, first: str, last: str, after: str, limit: int) -> Sequence[RegionRow]:
    """Regions in a range of codes, by code; one more than asked for if there are more."""
    question = select(regions).where(regions.c.code.between(first, last), regions.c.code > after)
    return (await conn.execute(question.order_by(regions.c.code).limit(limit + 1))).all()


async def put_regions(conn: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """These regions are as described."""
    statement = insert(regions)
    new = statement.excluded
    values = {name: new[name] for name in ("name_zh", "name_en", "abolished_on")}
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["code"], set_=values), [dict(row) for row in rows]
    )


async def is_region(conn: AsyncConnection, code: str) -> bool:
    """Whether there is such a region now; anything is one where none was ever loaded."""
    mine = exists().where(regions.c.code == code, regions.c.abolished_on.is_(None))
    return bool(await conn.scalar(select(mine | ~exists(select(regions.c.code)))))

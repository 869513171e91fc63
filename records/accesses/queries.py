"""Every question that is asked of the accesses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from records.accesses.model import Access, accesses

_c = accesses.c


async def list_of_party(
    conn: AsyncConnection, party: UUID, *, limit: int, after: tuple[datetime, UUID] | None
) -> list[Access]:
    """Who read a party's data, newest first; one more than `limit`, to tell whether there is a next page."""
    wanted = select(accesses).where(_c.party == party)
    if after is not None:
        wanted = wanted.where(tuple_(_c.at, _c.event) < after)
    rows = await conn.execute(wanted.order_by(_c.at.desc(), _c.event.desc()).limit(limit + 1))
    return [Access(**row._mapping) for row in rows]  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy

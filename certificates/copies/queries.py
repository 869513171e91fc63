"""Every question that is asked of copies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.copies.model import Copy, copies

_c = copies.c


async def find_copy(conn: AsyncConnection, copy: UUID, *, of: UUID) -> Copy | None:
    """This copy, if it is one of this certificate."""
    row = (await conn.execute(select(copies).where(_c.id == copy, _c.certificate == of))).first()
    return None if row is None else Copy(*row)


async def list_copies(
    conn: AsyncConnection, certificate: UUID, *, limit: int, after: tuple[datetime, UUID] | None
) -> list[Copy]:
    """A certificate's copies, newest first; one more than `limit`, to tell whether there is a next page."""
    wanted = select(copies).where(_c.certificate == certificate)
    if after is not None:
        wanted = wanted.where(tuple_(_c.made_at, _c.id) < after)
    rows = await conn.execute(wanted.order_by(_c.made_at.desc(), _c.id.desc()).limit(limit + 1))
    return [Copy(*row) for row in rows]

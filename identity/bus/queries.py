"""Which account of the bus is whose."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.tokens.model import departments

_number = departments.c.bus_account


async def give_account(conn: AsyncConnection, department: str) -> int:
    """The department has an account for good, that no other department ever had; answers its number."""
    if (number := await conn.scalar(select(_number).where(departments.c.code == department))) is None:
        await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("bus-accounts", 0))))
        following = select(func.coalesce(func.max(_number), 0) + 1).scalar_subquery()
        mine = update(departments).where(departments.c.code == department)
        number = await conn.scalar(mine.values(bus_account=func.coalesce(_number, following)).returning(_number))
    assert number is not None, "whoever stands well is of a department"
    return int(number)

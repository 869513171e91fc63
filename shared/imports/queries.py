"""Every question that is asked of imports."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.imports.errors import ImportNotFound, ImportOfAnother
from shared.imports.model import Import, Rejection, tables

_i = tables.imports.c
_r = tables.rejections.c


async def get_import(conn: AsyncConnection, import_id: UUID, *, department: str) -> Import:
    """The import as it is now. Refuses (ImportNotFound) where there is none of this department."""
    row = (await conn.execute(select(tables.imports).where(_i.id == import_id, _i.department == department))).first()
    if row is None:
        raise ImportNotFound
    return _import(row)


async def lock_import(conn: AsyncConnection, import_id: UUID, *, department: str) -> Import:
    """The import, held until the transaction ends, and no other of this department is loaded meanwhile.

    So two uploads of the same rows cannot wait for each other in a circle. Refuses (ImportOfAnother) another's.
    """
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"imports:{department}", 0))))
    row = (await conn.execute(select(tables.imports).where(_i.id == import_id).with_for_update())).one()
    if row.department != department:
        raise ImportOfAnother
    return _import(row)


async def list_rejections(
    conn: AsyncConnection, import_id: UUID, *, department: str, limit: int, after: int
) -> list[Rejection]:
    """Lines that were refused, in order, after a line; one more than `limit`, to tell whether there is a next page."""
    await get_import(conn, import_id, department=department)
    wanted = select(_r.line, _r.code, _r.field).where(_r.import_id == import_id, _r.line > after)
    rows = await conn.execute(wanted.order_by(_r.line).limit(limit + 1))
    return [Rejection(row.line, row.code, row.field) for row in rows]


def _import(row: Row[Any]) -> Import:
    return Import(**row._mapping)  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy

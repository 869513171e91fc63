"""Every question about standing duties."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.duties.model import Duty, Known
from identity.parties.model import parties, standing_duties
from identity.tokens.model import departments
from shared.schemas import Text

_c = standing_duties.c
_duties = select(
    standing_duties, departments.c.name_zh.label("department_zh"), departments.c.name_en.label("department_en")
).join(departments, departments.c.code == _c.department)


async def list_duties(conn: AsyncConnection) -> list[Duty]:
    """All that are published."""
    return [_duty(row) for row in await conn.execute(_duties.order_by(_c.department, _c.code))]


async def list_of_department(conn: AsyncConnection, department: str) -> dict[str, Duty]:
    """The duties of one department, by code."""
    return {row.code: _duty(row) for row in await conn.execute(_duties.where(_c.department == department))}


async def list_known(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Known]:
    """Those of these parties that exist."""
    question = select(parties.c.id, parties.c.kind, parties.c.region).where(parties.c.id.in_(ids))
    return {row.id: Known(row.id, row.kind, row.region) for row in await conn.execute(question)}


def _duty(row: Row[Any]) -> Duty:
    return Duty(
        department=row.department,
        department_name=Text(zh=row.department_zh, en=row.department_en),
        code=row.code,
        law=Text(zh=row.basis_zh, en=row.basis_en),
        item=row.item,
        kinds=tuple(row.kinds),
        party_kinds=tuple(row.party_kinds),
        regions=tuple(row.regions),
    )

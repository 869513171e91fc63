"""Officers are registered with their department, and taken in and out of office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration import queries, rules
from identity.administration.errors import DepartmentRetired, DepartmentUnknown, OfficerOfAnother
from identity.administration.queries import Found
from identity.tokens.queries import put_officer as write_officer
from shared.administration import record_act


async def put_officer(
    conn: AsyncConnection, officer: UUID, says: Mapping[str, Any], *, by: str, at: datetime
) -> tuple[Found, bool]:
    """The officer is registered as described; answers them, and whether they are new. The same again changes nothing.

    Refuses a department that there is not (DepartmentUnknown) or is no more (DepartmentRetired), and an officer of
    another one (OfficerOfAnother). In the books: what changed, never a name.
    """
    await queries.own(conn, f"officer:{officer}")
    await check_department(conn, says["department"])
    before = await queries.find_officer(conn, officer)
    if before is not None and before.department != says["department"]:
        raise OfficerOfAnother
    changed = rules.changes(before, says)
    if changed:
        await write_officer(conn, {"id": officer, **says})
        act = "officer.changed" if before else "officer.registered"
        await record_act(conn, act, subject=str(officer), by=by, at=at, details={"changed": [*changed]})
    return await queries.get_officer(conn, officer), before is None


async def suspend_officer(conn: AsyncConnection, officer: UUID, *, by: str, at: datetime) -> Found:
    """Nobody acts for this officer any more, until they are reinstated. Again: the same answer."""
    await queries.own(conn, f"officer:{officer}")
    if (await queries.get_officer(conn, officer)).dismissed_at is None:
        await queries.set_dismissed(conn, officer, at=at)
        await record_act(conn, "officer.suspended", subject=str(officer), by=by, at=at)
    return await queries.get_officer(conn, officer)


async def reinstate_officer(conn: AsyncConnection, officer: UUID, *, by: str, at: datetime) -> Found:
    """The officer is in office again; tokens from before they left stay refused for a minute. Again: the same answer.

    Refuses where their department is no more (DepartmentRetired).
    """
    await queries.own(conn, f"officer:{officer}")
    found = await queries.get_officer(conn, officer)
    await check_department(conn, found.department)
    if found.dismissed_at is not None:
        await queries.set_dismissed(conn, officer, at=None)
        await record_act(conn, "officer.reinstated", subject=str(officer), by=by, at=at)
    return await queries.get_officer(conn, officer)


async def check_department(conn: AsyncConnection, code: str) -> None:
    """The department is registered and not retired, and stays so until this transaction ends."""
    await queries.own(conn, f"department:{code}")
    department = await queries.find_department(conn, code)
    if department is None:
        raise DepartmentUnknown
    if department.retired_at is not None:
        raise DepartmentRetired

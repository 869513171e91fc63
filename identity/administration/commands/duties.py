"""Standing duties (法定职责) are given to departments and taken away: by which law each may read without a case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration import queries, rules
from identity.administration.errors import DepartmentNotFound, DepartmentRetired, DutyRegionsOutside
from identity.duties.errors import DutyNotFound
from identity.duties.model import Duty
from identity.duties.queries import list_of_department
from identity.parties.queries import put_duty as write_duty
from shared.administration import record_act
from shared.regions import covers


async def put_duty(
    conn: AsyncConnection, department: str, code: str, says: Mapping[str, Any], *, by: str, at: datetime
) -> tuple[Duty, bool]:
    """The department has this duty, as described; answers it, and whether it is new. The same again changes nothing.

    Without regions it is about whoever lives in the department's. Refuses a department that there is not
    (DepartmentNotFound) or is no more (DepartmentRetired), and regions in which it does not act (DutyRegionsOutside).
    In the books: what changed.
    """
    await queries.own(conn, f"department:{department}")
    region = await _region_in_which_it_acts(conn, department)
    wanted = {**says, "regions": says["regions"] or [region]}
    if outside := [each for each in wanted["regions"] if not covers(region, each)]:
        raise DutyRegionsOutside(regions=[*outside], department_region=region)
    before = await queries.find_duty(conn, department, code)
    changed = rules.changes(before, wanted)
    if changed:
        await write_duty(conn, department=department, code=code, says=wanted)
        act = "duty.changed" if before else "duty.given"
        await record_act(conn, act, subject=f"{department}/{code}", by=by, at=at, details={"changed": [*changed]})
    return (await list_of_department(conn, department))[code], before is None


async def end_duty(conn: AsyncConnection, department: str, code: str, *, by: str, at: datetime) -> None:
    """The department has this duty no more: no grant is given on it. One that was given holds until it expires, ten
    minutes at the longest. Refuses where it has none such (DutyNotFound).
    """
    await queries.own(conn, f"department:{department}")
    if not await queries.delete_duty(conn, department, code):
        raise DutyNotFound
    await record_act(conn, "duty.ended", subject=f"{department}/{code}", by=by, at=at)


async def _region_in_which_it_acts(conn: AsyncConnection, department: str) -> str:
    row = await queries.find_department(conn, department)
    if row is None:
        raise DepartmentNotFound
    if row.retired_at is not None:
        raise DepartmentRetired
    return str(row.region)

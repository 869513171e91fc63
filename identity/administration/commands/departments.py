"""Departments are registered, changed and retired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration import queries, rules
from identity.administration.errors import DepartmentNumberTaken, DepartmentRetired
from identity.administration.queries import Found
from identity.parties.errors import NumberNotValid
from identity.parties.rules import organisation_number
from identity.regions.commands import check_region
from identity.tokens.queries import put_department as write_department
from shared.administration import record_act
from shared.database import translate


@dataclass(frozen=True, slots=True)
class Retired:
    """What a department was, and what went with it."""

    department: Found
    clients: int
    officers: int
    subscriptions: int


async def put_department(
    conn: AsyncConnection, code: str, says: Mapping[str, str], *, by: str, at: datetime
) -> tuple[Found, bool]:
    """The department is registered as described; answers it, and whether it is new. The same again changes nothing.

    Refuses a credit code with a wrong check digit (NumberNotValid) or of another department (DepartmentNumberTaken), a
    region that is not among those loaded (RegionUnknown), and one that is retired (DepartmentRetired). In the books:
    which of its columns changed.
    """
    _check_number(says["uscc"])
    await queries.own(conn, f"department:{code}")
    before = await queries.find_department(conn, code)
    if before is not None and before.retired_at is not None:
        raise DepartmentRetired
    changed = rules.changes(before, says)
    if "region" in changed:
        await check_region(conn, says["region"])
    if changed:
        with translate({"uq_departments_uscc": DepartmentNumberTaken}):
            await write_department(conn, {"code": code, **says})
        act = "department.changed" if before else "department.registered"
        await record_act(conn, act, subject=code, by=by, at=at, details={"changed": [*changed]})
    return await queries.get_department(conn, code), before is None


async def retire_department(conn: AsyncConnection, code: str, *, by: str, at: datetime) -> Retired:
    """The department is no more: its clients are revoked, its officers out of office, its subscriptions ended.

    Again: the same answer, with nothing left to end. Refuses one that there is not (DepartmentNotFound).
    """
    await queries.own(conn, f"department:{code}")
    before = await queries.get_department(conn, code)
    if before.retired_at is None:
        await queries.retire_department(conn, code, at=at)
    ended = Retired(
        department=await queries.get_department(conn, code),
        clients=await queries.revoke_clients_of(conn, code, by=by, at=at),
        officers=await queries.suspend_officers_of(conn, code, at=at),
        subscriptions=await queries.end_subscriptions_of(conn, code),
    )
    if before.retired_at is None:
        await record_act(
            conn,
            "department.retired",
            subject=code,
            by=by,
            at=at,
            details={"clients": ended.clients, "officers": ended.officers, "subscriptions": ended.subscriptions},
        )
    return ended


def _check_number(uscc: str) -> None:
    try:
        organisation_number(uscc)
    except NumberNotValid as refusal:
        raise refusal.at("/uscc") from None

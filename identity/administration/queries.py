"""Every SQL statement by which an administrator looks at departments, officers and clients, and changes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration.errors import DepartmentNotFound, OfficerNotFound
from identity.parties.model import standing_duties
from identity.subscriptions.model import subscriptions
from identity.tokens.errors import ClientNotFound
from identity.tokens.model import clients, departments, officers
from shared.errors import ServiceError

Found = Row[*tuple[Any, ...]]


async def own(conn: AsyncConnection, what: str) -> None:
    """One change of it at a time, whether or not it is there yet; until the transaction ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"administration:{what}", 0))))


async def find_department(conn: AsyncConnection, code: str) -> Found | None:
    """The department of this code."""
    return (await conn.execute(select(departments).where(departments.c.code == code))).first()


async def get_department(conn: AsyncConnection, code: str) -> Found:
    """The department of this code. Refuses (DepartmentNotFound) where there is none."""
    return _or_refuse(await find_department(conn, code), DepartmentNotFound)


async def list_departments(conn: AsyncConnection, *, after: str, limit: int) -> Sequence[Found]:
    """Departments by code, one more than asked for if there are more."""
    question = select(departments).where(departments.c.code > after).order_by(departments.c.code).limit(limit + 1)
    return (await conn.execute(question)).all()


async def retire_department(conn: AsyncConnection, code: str, *, at: datetime) -> None:
    """The department is no more."""
    await conn.execute(update(departments).where(departments.c.code == code).values(retired_at=at))


async def revoke_clients_of(conn: AsyncConnection, department: str, *, by: str, at: datetime) -> int:
    """No client of the department gets a token any more; how many did until now."""
    mine = update(clients).where(clients.c.department == department, clients.c.revoked_at.is_(None))
    return (await conn.execute(mine.values(revoked_at=at, revoked_by=by))).rowcount


async def suspend_officers_of(conn: AsyncConnection, department: str, *, at: datetime) -> int:
    """No officer of the department is in office; how many were until now."""
    mine = update(officers).where(officers.c.department == department, officers.c.dismissed_at.is_(None))
    return (await conn.execute(mine.values(dismissed_at=at))).rowcount


async def end_subscriptions_of(conn: AsyncConnection, department: str) -> int:
    """The department follows nothing; how many subscriptions it had. The keeper takes their consumers away."""
    return (await conn.execute(delete(subscriptions).where(subscriptions.c.department == department))).rowcount


async def find_duty(conn: AsyncConnection, department: str, code: str) -> Found | None:
    """The department's standing duty of this code."""
    return (await conn.execute(select(standing_duties).where(*_is(department, code)))).first()


async def delete_duty(conn: AsyncConnection, department: str, code: str) -> bool:
    """The department has no such standing duty; whether it had."""
    return (await conn.execute(delete(standing_duties).where(*_is(department, code)))).rowcount > 0


def _is(department: str, code: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return standing_duties.c.department == department, standing_duties.c.code == code


async def find_officer(conn: AsyncConnection, officer: UUID) -> Found | None:
    """The officer of this id."""
    return (await conn.execute(select(officers).where(officers.c.id == officer))).first()


async def get_officer(conn: AsyncConnection, officer: UUID) -> Found:
    """The officer of this id. Refuses (OfficerNotFound) where there is none."""
    return _or_refuse(await find_officer(conn, officer), OfficerNotFound)


async def list_officers(
    conn: AsyncConnection, *, department: str | None, after: UUID | None, limit: int
) -> Sequence[Found]:
    """Officers by id, of one department or of all; one more than asked for if there are more."""
    question = select(officers).order_by(officers.c.id).limit(limit + 1)
    if department is not None:
        question = question.where(officers.c.department == department)
    if after is not None:
        question = question.where(officers.c.id > after)
    return (await conn.execute(question)).all()


async def set_dismissed(conn: AsyncConnection, officer: UUID, *, at: datetime | None) -> None:
    """The officer is out of office since then, or in office."""
    await conn.execute(update(officers).where(officers.c.id == officer).values(dismissed_at=at))


async def find_client(conn: AsyncConnection, client_id: str) -> Found | None:
    """The client of this name."""
    return (await conn.execute(select(clients).where(clients.c.client_id == client_id))).first()


async def get_client(conn: AsyncConnection, client_id: str) -> Found:
    """The client of this name. Refuses (ClientNotFound) where there is none."""
    return _or_refuse(await find_client(conn, client_id), ClientNotFound)


async def list_clients(
    conn: AsyncConnection, *, department: str | None, kind: str | None, after: str, limit: int
) -> Sequence[Found]:
    """Clients by name, one more than asked for if there are more."""
    question = select(clients).where(clients.c.client_id > after).order_by(clients.c.client_id).limit(limit + 1)
    if department is not None:
        question = question.where(clients.c.department == department)
    if kind is not None:
        question = question.where(clients.c.kind == kind)
    return (await conn.execute(question)).all()


async def add_client(conn: AsyncConnection, client_id: str, values: Mapping[str, object]) -> None:
    """There is a client; without a key, unless the values name some."""
    await conn.execute(insert(clients).values({"client_id": client_id, "jwks": {"keys": []}, **values}))


async def set_client(conn: AsyncConnection, client_id: str, values: Mapping[str, object]) -> None:
    """These columns of the client are so."""
    await conn.execute(update(clients).where(clients.c.client_id == client_id).values(dict(values)))


async def is_key_of_another(conn: AsyncConnection, client_id: str, *, x: str) -> bool:
    """Whether a client of another name has a key with this x coordinate: a key is one client's."""
    held = cast(clients.c.jwks, JSONB)["keys"].contains([{"x": x}])
    question = select(clients.c.client_id).where(clients.c.client_id != client_id, held)
    return (await conn.execute(question.limit(1))).first() is not None


def _or_refuse(row: Found | None, refusal: type[ServiceError]) -> Found:
    if row is None:
        raise refusal
    return row

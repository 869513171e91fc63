"""Every SQL statement about logins at providers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.federation.model import external_logins

LoginRow = Row[*tuple[Any, ...]]
_c = external_logins.c


async def find_login(conn: AsyncConnection, login: bytes) -> LoginRow | None:
    """Whose login it is."""
    return (await conn.execute(select(external_logins).where(_c.login == login))).first()


async def find_login_of(conn: AsyncConnection, officer: UUID, *, issuer: str) -> LoginRow | None:
    """The officer's login at a provider."""
    question = select(external_logins).where(_c.officer == officer, _c.issuer == issuer)
    return (await conn.execute(question)).first()


async def link(
    conn: AsyncConnection,
    login: bytes,
    *,
    issuer: str,
    party: UUID | None = None,
    officer: UUID | None = None,
    by: str,
    at: datetime,
) -> LoginRow:
    """The login is theirs, unless it is somebody's already; answers whose it is."""
    row = {"login": login, "issuer": issuer, "party": party, "officer": officer, "linked_at": at, "linked_by": by}
    await conn.execute(insert(external_logins).values(row).on_conflict_do_nothing(index_elements=["login"]))
    return (await conn.execute(select(external_logins).where(_c.login == login))).one()


async def unlink(conn: AsyncConnection, officer: UUID, *, issuer: str) -> bool:
    """The officer has no login at the provider; whether they had one."""
    gone = delete(external_logins).where(_c.officer == officer, _c.issuer == issuer).returning(_c.login)
    return (await conn.execute(gone)).first() is not None

"""Every question that is asked of the credentials."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.credentials.model import Credential, credentials


async def get_credential(conn: AsyncConnection, credential: UUID) -> Credential:
    """The credential that was issued under this id."""
    row = (await conn.execute(select(credentials).where(credentials.c.id == credential))).one()
    return Credential(**row._mapping)  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy

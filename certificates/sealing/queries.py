"""What is asked of the record of seals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.sealing.model import seal_uses, superseded_seals


async def was_superseded(conn: AsyncConnection, certificate: UUID, seal: str) -> bool:
    """Whether this was the certificate's seal, to the byte, until another took its place."""
    old = superseded_seals.c
    found = select(exists().where(old.certificate == certificate, old.seal == seal))
    return bool((await conn.execute(found)).scalar_one())


async def list_uses(
    conn: AsyncConnection, *, key: str | None, since: datetime | None, limit: int, before: UUID | None
) -> Sequence[Row[Any]]:
    """Uses of keys, newest first; one more than `limit`, to tell whether there is a next page."""
    wanted = select(seal_uses)
    if key is not None:
        wanted = wanted.where(seal_uses.c.key == key)
    if since is not None:
        wanted = wanted.where(seal_uses.c.at >= since)
    if before is not None:
        wanted = wanted.where(seal_uses.c.id < before)
    return (await conn.execute(wanted.order_by(seal_uses.c.id.desc()).limit(limit + 1))).all()

"""Every question that is asked of the documents."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.documents.model import documents

_d = documents.c


async def find_document(conn: AsyncConnection, certificate: UUID, form: str, *, content: bytes) -> bytes | None:
    """The document that was made from this content."""
    wanted = select(_d.bytes).where(_d.certificate == certificate, _d.form == form, _d.content == content)
    return (await conn.execute(wanted)).scalar_one_or_none()


async def keep_document(conn: AsyncConnection, row: dict[str, object]) -> bool:
    """This document is the one that is kept of its certificate and form; False where one of this content was kept."""
    made = insert(documents).values(row)
    newer = made.on_conflict_do_update(
        index_elements=["certificate", "form"],
        set_={name: made.excluded[name] for name in ("content", "bytes", "created_at")},
        where=_d.content != made.excluded.content,
    )
    return (await conn.execute(newer.returning(_d.form))).first() is not None

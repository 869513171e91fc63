"""The event that these tests speak of, and short ways to record it."""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging import outbox
from shared.messaging.envelope import EventContract

AT = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


class NoteTaken(EventContract):
    type: ClassVar[str] = "note.taken.v1"
    number: int
    text: str = ""


class NoteReturned(EventContract):
    type: ClassVar[str] = "note.returned.v1"
    addressed: ClassVar[bool] = True


async def take_note(
    conn: AsyncConnection, subject: UUID, *, version: int = 1, kind: str = "memo", number: int = 0, text: str = ""
) -> UUID:
    return await outbox.record(
        conn,
        NoteTaken(number=number or version, text=text),
        subject=subject,
        version=version,
        region="330782",
        kind=kind,
        at=AT,
    )

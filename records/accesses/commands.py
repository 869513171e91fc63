"""What happens to accesses: they are noted, once."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from records.accesses.model import Access, accesses


async def note_accesses(conn: AsyncConnection, noted: Sequence[Access]) -> None:
    """These accesses are there for their parties to see; those noted before stay as they are."""
    if noted:
        await conn.execute(insert(accesses).on_conflict_do_nothing(), [asdict(each) for each in noted])

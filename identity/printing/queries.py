"""Every question about numbers that are printed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.parties.model import identity_numbers, parties

NumberRow = Row[*tuple[Any, ...]]


async def list_numbers(conn: AsyncConnection, ids: Sequence[UUID]) -> list[NumberRow]:
    """The sealed numbers of those of these parties that have one, with the keys that open them."""
    question = (
        select(parties.c.id, parties.c.wrapped_key, identity_numbers.c.sealed)
        .join(identity_numbers, identity_numbers.c.party == parties.c.id)
        .where(parties.c.id.in_(ids))
    )
    return list((await conn.execute(question)).all())

"""The relations and parties around a person, as named questions."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.parties.queries import list_parties, relations_around
from identity.representation.rules import Kin


async def list_kin(conn: AsyncConnection, person: UUID, *, on: date) -> list[Kin]:
    """Relations in force of this person, and of their minor children with the other parent."""
    rows = await relations_around(conn, person, on=on)
    return [Kin(kind=row.kind, party=row.party, of=row.of, minor_until=row.minor_until) for row in rows]


async def describe(conn: AsyncConnection, ids: Collection[UUID]) -> tuple[dict[UUID, str], tuple[UUID, ...]]:
    """The region of each, and those who have no number yet."""
    rows = await list_parties(conn, list(ids))
    return {row.id: row.region for row in rows}, tuple(row.id for row in rows if not row.numbered)

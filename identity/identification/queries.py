"""Every SQL statement about cards and ceremonies, as a named question."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.identification.model import cards, identifications

CeremonyRow = Row[*tuple[Any, ...]]


async def put_card(conn: AsyncConnection, *, party: UUID, public_jwk: Mapping[str, Any], at: datetime) -> None:
    """The party's card is this one."""
    values = {"public_jwk": dict(public_jwk), "registered_at": at}
    row = insert(cards).values(party=party, **values)
    await conn.execute(row.on_conflict_do_update(index_elements=["party"], set_=values))


async def lock_starts(conn: AsyncConnection, client_id: str, device: str, *, blind_index: bytes) -> None:
    """One start of a device, and one for a number, at a time: parallel ones cannot each stay below the limit."""
    for subject in (f"starts:{client_id}:{device}", f"starts:{blind_index.hex()}"):  # in this order, always
        await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(subject, 0))))


async def count_wrong_codes(conn: AsyncConnection, *, blind_index: bytes, since: datetime) -> int:
    """How many codes were tried for this number and proved nothing."""
    question = select(func.coalesce(func.sum(identifications.c.tries), 0)).where(
        identifications.c.blind_index == blind_index,
        identifications.c.started_at > since,
        identifications.c.method == "one-time-code",
        identifications.c.proved_at.is_(None),
    )
    return int(await conn.scalar(question) or 0)


async def count_open(
    conn: AsyncConnection, *, client_id: str, device: str, blind_index: bytes, since: datetime
) -> tuple[int, int]:
    """How many ceremonies were started lately and not proved: by this device, and for this number."""
    mine = (identifications.c.client_id == client_id) & (identifications.c.device == device)
    same = identifications.c.blind_index == blind_index
    question = select(func.count().filter(mine).label("mine"), func.count().filter(same).label("same")).where(
        identifications.c.started_at > since, identifications.c.proved_at.is_(None), or_(mine, same)
    )
    row = (await conn.execute(question)).one()
    return row.mine, row.same


async def add_identification(conn: AsyncConnection, row: Mapping[str, object]) -> None:
    """There is a ceremony."""
    await conn.execute(insert(identifications).values(row))


async def lock_identification(conn: AsyncConnection, identification: UUID, *, client_id: str) -> CeremonyRow | None:
    """The ceremony if this client started it; one try at a time."""
    question = (
        select(
            identifications.c.id,
            identifications.c.method,
            identifications.c.party,
            identifications.c.challenge,
            identifications.c.code_digest,
            identifications.c.tries,
            identifications.c.expires_at,
            identifications.c.proved_at,
            cards.c.public_jwk,
        )
        .outerjoin(cards, cards.c.party == identifications.c.party)
        .where(identifications.c.id == identification, identifications.c.client_id == client_id)
        .with_for_update(of=identifications)
    )
    return (await conn.execute(question)).first()


async def count_try(conn: AsyncConnection, identification: UUID, *, proved_at: datetime | None) -> None:
    """One try fewer is left; with `proved_at`, the ceremony has succeeded."""
    values = {"tries": identifications.c.tries + 1, "proved_at": proved_at}
    await conn.execute(update(identifications).where(identifications.c.id == identification).values(values))


async def forget_identifications(conn: AsyncConnection, *, before: datetime) -> None:
    """Ceremonies that ended before are of no use to anybody."""
    await conn.execute(delete(identifications).where(identifications.c.expires_at < before))

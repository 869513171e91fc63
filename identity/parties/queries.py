"""Every SQL statement about parties, as a named question."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.parties.model import identity_numbers, lookups, parties, phones, relations, standing_duties

PartyRow = Row[*tuple[Any, ...]]
RelationRow = Row[*tuple[Any, ...]]
DutyRow = Row[*tuple[Any, ...]]

# In the books, beside the purposes of looking people up.
DUTY_GRANT = "duty-grant"

_numbered = select(identity_numbers.c.party).where(identity_numbers.c.party == parties.c.id).exists()
_party = select(
    parties.c.id,
    parties.c.kind,
    parties.c.region,
    parties.c.wrapped_key,
    parties.c.version,
    _numbered.label("numbered"),
)


async def find_party(conn: AsyncConnection, party: UUID) -> PartyRow | None:
    """The party, whether it has a number, and its wrapped key."""
    return (await conn.execute(_party.where(parties.c.id == party))).first()


async def lock_party(conn: AsyncConnection, party: UUID) -> PartyRow | None:
    """The party, and nobody else changes it before this transaction ends."""
    return (await conn.execute(_party.where(parties.c.id == party).with_for_update(of=parties))).first()


async def list_parties(conn: AsyncConnection, ids: Sequence[UUID]) -> list[PartyRow]:
    """Those of these parties that exist."""
    return list((await conn.execute(_party.where(parties.c.id.in_(ids)))).all())


async def add_party(
    conn: AsyncConnection, *, party: UUID, kind: str, region: str, wrapped_key: bytes, by: str, at: datetime
) -> None:
    """There is a party, of version 1."""
    row = {
        "id": party,
        "kind": kind,
        "region": region,
        "wrapped_key": wrapped_key,
        "version": 1,
        "registered_at": at,
        "registered_by": by,
    }
    await conn.execute(insert(parties).values(row))


async def add_number(
    conn: AsyncConnection, *, party: UUID, number_type: str, sealed: bytes, blind_index: bytes, by: str, at: datetime
) -> None:
    """The party has this sealed number; a unique index refuses a number or party that is there already."""
    row = {
        "party": party,
        "type": number_type,
        "sealed": sealed,
        "blind_index": blind_index,
        "assigned_at": at,
        "assigned_by": by,
    }
    await conn.execute(insert(identity_numbers).values(row))


async def find_blind_index(conn: AsyncConnection, party: UUID) -> bytes | None:
    """The blind index of the party's number, if it has one."""
    found: bytes | None = await conn.scalar(
        select(identity_numbers.c.blind_index).where(identity_numbers.c.party == party)
    )
    return found


async def parties_by_number(conn: AsyncConnection, blind_indexes: Sequence[bytes]) -> dict[bytes, UUID]:
    """Those that are known, by blind index."""
    question = select(identity_numbers.c.blind_index, identity_numbers.c.party).where(
        identity_numbers.c.blind_index.in_(blind_indexes)
    )
    return {row.blind_index: row.party for row in await conn.execute(question)}


async def regions_of(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where those of these parties that exist live or are registered."""
    question = select(parties.c.id, parties.c.region).where(parties.c.id.in_(ids))
    return {row.id: row.region for row in await conn.execute(question)}


async def add_relation(
    conn: AsyncConnection,
    *,
    relation: UUID,
    kind: str,
    party: UUID,
    of: UUID,
    valid_from: date,
    minor_until: date | None,
) -> None:
    """Nothing happens if the same relation is in force already."""
    row = {"id": relation, "kind": kind, "party": party, "of": of, "valid_from": valid_from, "minor_until": minor_until}
    await conn.execute(
        insert(relations)
        .values(row)
        .on_conflict_do_nothing(index_elements=["kind", "party", "of"], index_where=relations.c.valid_until.is_(None))
    )


async def relations_around(conn: AsyncConnection, person: UUID, *, on: date) -> list[RelationRow]:
    """The relations in force on a day in which this person stands on either side, and those of their minor children."""
    minor = select(relations.c.of).where(relations.c.party == person, relations.c.minor_until > on)
    question = (
        select(relations.c.kind, relations.c.party, relations.c.of, relations.c.minor_until)
        .where(or_(relations.c.party == person, relations.c.of == person, relations.c.of.in_(minor)))
        .where(relations.c.valid_from <= on)
        .where(or_(relations.c.valid_until.is_(None), relations.c.valid_until >= on))
        .order_by(relations.c.id)
    )
    return list((await conn.execute(question)).all())


async def put_phone(conn: AsyncConnection, *, party: UUID, sealed: bytes) -> None:
    """Codes for this party go here."""
    row = insert(phones).values(party=party, sealed=sealed)
    await conn.execute(row.on_conflict_do_update(index_elements=["party"], set_={"sealed": sealed}))


async def find_phone(conn: AsyncConnection, party: UUID) -> bytes | None:
    """The sealed telephone number, if one is known."""
    found: bytes | None = await conn.scalar(select(phones.c.sealed).where(phones.c.party == party))
    return found


async def list_duties(conn: AsyncConnection, department: str) -> list[DutyRow]:
    """The standing duties of this department: their codes and their laws."""
    of = standing_duties.c
    question = select(of.code, of.basis_zh, of.basis_en).where(of.department == department)
    return list((await conn.execute(question.order_by(of.code))).all())


async def put_duty(conn: AsyncConnection, *, department: str, code: str, says: Mapping[str, object]) -> None:
    """The department has this standing duty, which says this."""
    row = insert(standing_duties).values(department=department, code=code, **says)
    await conn.execute(row.on_conflict_do_update(index_elements=["department", "code"], set_=dict(says)))


async def lock_lookups(conn: AsyncConnection, department: str) -> None:
    """One look-up of a department at a time, so that parallel ones cannot each stay below the limit."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"lookups:{department}", 0))))


async def count_unknown(conn: AsyncConnection, department: str, *, at: datetime, within: timedelta) -> int:
    """How many unknown numbers the department asked for lately."""
    question = select(func.coalesce(func.sum(lookups.c.unknown), 0)).where(
        lookups.c.department == department, lookups.c.at > at - within
    )
    return int(await conn.scalar(question) or 0)


async def add_lookup(conn: AsyncConnection, row: dict[str, object]) -> None:
    """The look-up is in the books."""
    await conn.execute(insert(lookups).values(row))

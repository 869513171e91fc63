"""Every question that is asked of the records."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Row, Select, Text, Uuid, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing.errors import RecordNotFound
from records.filing.model import Record, records

_c = records.c


async def find_record(conn: AsyncConnection, record: UUID) -> Record | None:
    """The record as it was filed."""
    row = (await conn.execute(select(records).where(_c.id == record))).first()
    return None if row is None else _record(row)


async def get_record(conn: AsyncConnection, record: UUID) -> Record:
    """The record as it was filed. Refuses (RecordNotFound) where there is none."""
    found = await find_record(conn, record)
    if found is None:
        raise RecordNotFound
    return found


async def find_successor(conn: AsyncConnection, record: UUID) -> UUID | None:
    """The correction of this record, if there is one."""
    found: UUID | None = await conn.scalar(select(_c.id).where(_c.predecessor == record))
    return found


async def list_history(conn: AsyncConnection, record: UUID) -> list[Record]:
    """The record and all it was before and became since, oldest first."""
    older = select(records).where(_c.id == record).cte("older", recursive=True)
    older = older.union_all(select(records).join(older, _c.id == older.c.predecessor))
    newer = select(records).where(_c.predecessor == record).cte("newer", recursive=True)
    newer = newer.union_all(select(records).join(newer, _c.predecessor == newer.c.id))
    chain = select(older).union_all(select(newer)).order_by("version")
    return [_record(row) for row in await conn.execute(chain)]


async def list_in_force(conn: AsyncConnection, parties: list[UUID], kinds: list[str], *, day: date) -> list[Record]:
    """What is in force on this day of the (party, kind) pairs, which the two arrays hold side by side.

    Of several records of a pair the one as of the latest day speaks; a register says how things are, not were.
    """
    asked = {"parties": parties, "kinds": kinds, "day": day}
    return _records(await conn.execute(_IN_FORCE, asked))


def _records(rows: Iterable[Row[Any]]) -> list[Record]:
    return [_record(row) for row in rows]


def _record(row: Row[Any]) -> Record:
    return Record(**row._mapping)  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy


def _in_force() -> Select[Any]:
    pairs = func.unnest(bindparam("parties", type_=ARRAY(Uuid)), bindparam("kinds", type_=ARRAY(Text)))
    wanted = pairs.table_valued("party", "kind", name="wanted").render_derived()
    successor, day = records.alias("successor"), bindparam("day", type_=Date)
    return (
        select(records)
        .ext(distinct_on(_c.party, _c.kind))
        .join(wanted, (_c.party == wanted.c.party) & (_c.kind == wanted.c.kind))
        .where(
            ~exists(select(literal_column("1")).where(successor.c.predecessor == _c.id)),
            _c.valid_from <= day,
            _c.valid_until.is_(None) | (_c.valid_until >= day),
        )
        .order_by(_c.party, _c.kind, _c.as_of.desc(), _c.filed_at.desc(), _c.id)
    )


# Put together once: every draft asks it.
_IN_FORCE = _in_force()

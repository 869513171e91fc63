"""Every question that is asked of the certificates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Date,
    Integer,
    Row,
    Select,
    TableValuedAlias,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.model import IN_FORCE, Certificate, Origin, Standing, State, certificates, status_slots
from certificates.sealing.schemas import StatusEntry

# A holder and a kind: where there is one certificate in force at most, if the kind is such a one.
Place = tuple[UUID, str]

_c = certificates.c


async def find_certificate(conn: AsyncConnection, certificate: UUID) -> Certificate | None:
    """The certificate as it is now."""
    return await _one(conn, _BY_ID, {"id": certificate})


async def find_standing(conn: AsyncConnection, number: str) -> Standing | None:
    """How the certificate stands that bears this number. Its claims and its seal, which are most of it, stay there."""
    row = (await conn.execute(_STANDING, {"number": number})).first()
    return None if row is None else Standing(**_typed(row))


async def find_by_place(conn: AsyncConnection, place: StatusEntry) -> Certificate | None:
    """The certificate whose state stands at this place of the status lists."""
    return await _one(conn, _BY_PLACE, {"list": place.list, "index": place.index})


async def lock_certificate(conn: AsyncConnection, certificate: UUID) -> Certificate:
    """The certificate, held until the transaction ends. Refuses (CertificateNotFound) where there is none."""
    row = (await conn.execute(select(certificates).where(_c.id == certificate).with_for_update())).first()
    if row is None:
        raise CertificateNotFound
    return _certificate(row)


async def hold_places(conn: AsyncConnection, places: Sequence[Place]) -> None:
    """Nobody else puts a certificate in the place of another there, until the transaction ends.

    A row cannot be locked that is not there yet. In one order, so that two with several places cannot block each other.
    """
    if places:
        keys = sorted(f"place:{holder}:{kind}" for holder, kind in set(places))
        wanted = func.unnest(cast(keys, ARRAY(Text))).column_valued("place")
        await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(wanted, 0))))


async def lock_in_force(conn: AsyncConnection, places: Sequence[Place]) -> dict[Place, list[Certificate]]:
    """What holders have there, in force or withheld, newest first; held until the transaction ends."""
    found: dict[Place, list[Certificate]] = defaultdict(list)
    if places:
        wanted = _unnested([holder for holder, _ in places], [kind for _, kind in places])
        held = (
            select(certificates)
            .join(wanted, (_c.holder == wanted.c.party) & (_c.kind == wanted.c.kind))
            .where(_c.state.in_(IN_FORCE))
            .order_by(_c.issued_at.desc(), _c.id)
            .with_for_update(of=certificates)
        )
        for row in await conn.execute(held):
            found[row.holder, row.kind].append(_certificate(row))
    return found


async def issued_indexes(conn: AsyncConnection, case: UUID) -> set[int]:
    """Which yields of this case were issued already."""
    return set((await conn.execute(_ISSUED_INDEXES, {"case": case})).scalars())


async def take_slots(conn: AsyncConnection, count: int) -> list[int]:
    """So many places in the status lists that nobody else gets."""
    return list((await conn.execute(_TAKE_SLOTS, {"count": count})).scalars())


async def list_of_holder(
    conn: AsyncConnection,
    holder: UUID,
    *,
    kind: str | None,
    state: State | None,
    limit: int,
    after: tuple[datetime, UUID] | None,
) -> list[Certificate]:
    """A holder's certificates, newest first; one more than `limit`, to tell whether there is a next page."""
    wanted = select(certificates).where(_c.holder == holder)
    if kind is not None:
        wanted = wanted.where(_c.kind == kind)
    if state is not None:
        wanted = wanted.where(_c.state == state)
    if after is not None:
        wanted = wanted.where(tuple_(_c.issued_at, _c.id) < after)
    rows = await conn.execute(wanted.order_by(_c.issued_at.desc(), _c.id.desc()).limit(limit + 1))
    return [_certificate(row) for row in rows]


async def list_in_force(
    conn: AsyncConnection, parties: list[UUID], kinds: list[str], *, day: date
) -> list[Certificate]:
    """What is in force on this day of the (party, kind) pairs, which the two arrays hold side by side."""
    asked = {"parties": parties, "kinds": kinds, "day": day}
    return [_certificate(row) for row in await conn.execute(_IN_FORCE, asked)]


def _unnested(parties: list[UUID] | BindParameter[Any], kinds: list[str] | BindParameter[Any]) -> TableValuedAlias:
    arrays = func.unnest(cast(parties, ARRAY(Uuid)), cast(kinds, ARRAY(Text)))
    return arrays.table_valued("party", "kind", name="wanted").render_derived()


async def _one(conn: AsyncConnection, wanted: Select[Any], named: dict[str, object]) -> Certificate | None:
    row = (await conn.execute(wanted, named)).first()
    return None if row is None else _certificate(row)


def _certificate(row: Row[Any]) -> Certificate:
    return Certificate(**_typed(row))


def _typed(row: Row[Any]) -> dict[str, Any]:
    found = row._mapping  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy
    return {**found, "state": State(found["state"]), "origin": Origin(found["origin"])}


# Put together once: what verifies and what issues asks them each time.
_BY_ID = select(certificates).where(_c.id == bindparam("id"))
_STANDING = select(*(_c[field.name] for field in fields(Standing))).where(_c.number == bindparam("number"))
_BY_PLACE = select(certificates).where(_c.status_list == bindparam("list"), _c.status_index == bindparam("index"))
_ISSUED_INDEXES = select(_c.index).where(_c.case == bindparam("case"))
_TAKE_SLOTS = select(status_slots.next_value()).select_from(func.generate_series(1, bindparam("count", type_=Integer)))


def _in_force() -> Select[Any]:
    wanted, day = _unnested(bindparam("parties"), bindparam("kinds")), bindparam("day", type_=Date)
    return (
        select(certificates)
        .join(wanted, (_c.holder == wanted.c.party) & (_c.kind == wanted.c.kind))
        .where(_c.state == State.VALID, _c.valid_from <= day, (_c.valid_until.is_(None)) | (_c.valid_until >= day))
        .order_by(_c.issued_at.desc(), _c.id)
    )


_IN_FORCE = _in_force()

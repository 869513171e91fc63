"""Every question that is asked of deliveries."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.delivery.errors import DeliveryNotFound
from certificates.delivery.model import Delivery, State, deliveries

_c = deliveries.c


async def find_delivery(conn: AsyncConnection, delivery: UUID, *, of: UUID) -> Delivery | None:
    """This delivery, if it is one of this certificate."""
    row = (await conn.execute(select(deliveries).where(_c.id == delivery, _c.certificate == of))).first()
    return None if row is None else _delivery(row)


async def lock_delivery(conn: AsyncConnection, delivery: UUID) -> Delivery:
    """The delivery, held until the transaction ends. Refuses (DeliveryNotFound) where there is none."""
    row = (await conn.execute(select(deliveries).where(_c.id == delivery).with_for_update())).first()
    if row is None:
        raise DeliveryNotFound
    return _delivery(row)


async def list_deliveries(
    conn: AsyncConnection, certificate: UUID, *, limit: int, after: tuple[datetime, UUID] | None
) -> list[Delivery]:
    """A certificate's deliveries, newest first; one more than `limit`, to tell whether there is a next page."""
    wanted = select(deliveries).where(_c.certificate == certificate)
    if after is not None:
        wanted = wanted.where(tuple_(_c.requested_at, _c.id) < after)
    rows = await conn.execute(wanted.order_by(_c.requested_at.desc(), _c.id.desc()).limit(limit + 1))
    return [_delivery(row) for row in rows]


async def take_due(conn: AsyncConnection, *, at: datetime, lease: timedelta, limit: int) -> list[Delivery]:
    """Some of those of whom the courier is to be told or asked, longest due first; nobody else takes them meanwhile."""
    due = (
        select(_c.id)
        .where(_c.due_at <= at)
        .order_by(_c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = update(deliveries).where(_c.id.in_(due)).values(due_at=at + lease).returning(*_c)
    return [_delivery(row) for row in await conn.execute(taken)]


def _delivery(row: Row[Any]) -> Delivery:
    fields = dict(row._mapping)  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy
    return Delivery(**fields | {"state": State(fields["state"])})

"""Every SQL statement about subscriptions, as a named question."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.subscriptions.model import subscriptions
from identity.tokens.model import departments
from shared.messaging.consumers import consumer_of

SubscriptionRow = Row[*tuple[Any, ...]]
_c = subscriptions.c


async def consumers_of(conn: AsyncConnection, department: str) -> list[str]:
    """The consumers that this department may use now: none of a subscription that is suspended as a whole."""
    question = select(_c.name).where(_c.department == department, _c.suspended != _c.topics).order_by(_c.name)
    return [consumer_of(department, name) for name in await conn.scalars(question)]


async def find_subscription(conn: AsyncConnection, name: str) -> SubscriptionRow | None:
    """The subscription of this name, whoever's it is."""
    return (await conn.execute(select(subscriptions).where(_c.name == name))).first()


async def list_subscriptions(conn: AsyncConnection, department: str) -> Sequence[SubscriptionRow]:
    """All of a department's, by name."""
    question = select(subscriptions).where(_c.department == department).order_by(_c.name)
    return (await conn.execute(question)).all()


async def count_subscriptions(conn: AsyncConnection, department: str) -> int:
    """How many the department has."""
    return int(await conn.scalar(select(func.count()).where(_c.department == department)) or 0)


async def lock_department(conn: AsyncConnection, department: str) -> None:
    """Until this transaction ends nobody else subscribes for this department."""
    await conn.execute(
        select(departments.c.code).where(departments.c.code == department).with_for_update(key_share=True)
    )


async def all_with_regions(conn: AsyncConnection) -> Sequence[SubscriptionRow]:
    """Every subscription, with the region of its department."""
    question = select(_c.id, _c.name, _c.department, _c.topics, _c.suspended, departments.c.region)
    return (await conn.execute(question.join(departments, departments.c.code == _c.department))).all()


async def add_subscription(
    conn: AsyncConnection,
    *,
    subscription: UUID,
    name: str,
    department: str,
    topics: Sequence[str],
    by: str,
    at: datetime,
) -> None:
    """There is a subscription. A unique constraint refuses a name that is taken."""
    row = {
        "id": subscription,
        "name": name,
        "department": department,
        "topics": list(topics),
        "suspended": [],
        "created_at": at,
        "created_by": by,
    }
    await conn.execute(insert(subscriptions).values(row))


async def set_suspended(conn: AsyncConnection, subscription: UUID, topics: Sequence[str]) -> None:
    """Events on these of its topics are not delivered, until this is said again without them."""
    await conn.execute(update(subscriptions).where(_c.id == subscription).values(suspended=list(topics)))


async def remove_subscription(conn: AsyncConnection, *, name: str, department: str) -> bool:
    """There is no such subscription of the department; whether there was one."""
    gone = delete(subscriptions).where(_c.name == name, _c.department == department).returning(_c.id)
    return (await conn.execute(gone)).first() is not None

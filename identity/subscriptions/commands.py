"""Subscribing, unsubscribing, and what a new release of the catalogue does to subscriptions. Rows only; no network."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.subscriptions import queries
from identity.subscriptions.errors import (
    SubscriptionDiffers,
    SubscriptionNameTaken,
    SubscriptionNotFound,
    TooManySubscriptions,
)
from identity.subscriptions.queries import SubscriptionRow
from identity.subscriptions.rules import MAX_SUBSCRIPTIONS, check_topics, not_entitled
from shared.auth import Caller
from shared.database import translate
from shared.evidence.rules import SharingTable

log = structlog.get_logger(__name__)


async def subscribe(
    conn: AsyncConnection,
    *,
    subscription: UUID,
    name: str,
    topics: Sequence[str],
    table: SharingTable,
    by: Caller,
    at: datetime,
) -> tuple[SubscriptionRow, bool]:
    """The department has this subscription; and whether it is new. The same again changes nothing.

    Refuses topics that do not exist, that the department may not follow, or that overlap; a name of another
    department, or of its own with other topics; more subscriptions than a department may have.
    """
    department = _department_of(by)
    check_topics(topics, published=table.published, reach=table.reach(department, by.region))
    await queries.lock_department(conn, department)
    found = await queries.find_subscription(conn, name)
    if found is not None:
        return _same(found, department, topics), False
    if await queries.count_subscriptions(conn, department) >= MAX_SUBSCRIPTIONS:
        raise TooManySubscriptions(limit=MAX_SUBSCRIPTIONS)
    with translate({"uq_subscriptions_name": SubscriptionNameTaken}):
        await queries.add_subscription(
            conn,
            subscription=subscription,
            name=name,
            department=department,
            topics=sorted(topics),
            by=f"{by.sub}/{by.act or '-'}",
            at=at,
        )
    return await own_subscription(conn, name, department), True


async def unsubscribe(conn: AsyncConnection, name: str, *, department: str) -> None:
    """The department has no such subscription. Refuses where it had none."""
    if not await queries.remove_subscription(conn, name=name, department=department):
        raise SubscriptionNotFound


async def own_subscription(conn: AsyncConnection, name: str, department: str) -> SubscriptionRow:
    """The department's subscription of this name. Another's is as if there were none."""
    found = await queries.find_subscription(conn, name)
    if found is None or found.department != department:
        raise SubscriptionNotFound
    return found


async def judge(conn: AsyncConnection, table: SharingTable) -> None:
    """Topics that no rule entitles to any more are suspended, and those that one does again are not."""
    for row in await queries.all_with_regions(conn):
        beyond = not_entitled(row.topics, table.reach(row.department, row.region))
        if beyond != row.suspended:
            await queries.set_suspended(conn, row.id, beyond)
            log.warning("subscription judged anew", subscription=row.name, suspended=beyond, release=table.release)


def _department_of(caller: Caller) -> str:
    # The route lets departments through alone, and their tokens name one.
    assert caller.department is not None
    return caller.department


def _same(found: SubscriptionRow, department: str, topics: Sequence[str]) -> SubscriptionRow:
    if found.department != department:
        raise SubscriptionNameTaken
    if found.topics != sorted(topics):
        raise SubscriptionDiffers(topics=found.topics)
    return found

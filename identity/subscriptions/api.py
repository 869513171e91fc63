"""Subscriptions over HTTP, for departments: what they want to hear, and how far they have heard it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from identity.bus.rules import inbox_prefix
from identity.service import Current, IdentityService
from identity.subscriptions import commands, queries
from identity.subscriptions.consumers import OnBus
from identity.subscriptions.queries import SubscriptionRow
from identity.subscriptions.rules import followed
from identity.subscriptions.schemas import (
    BusAccess,
    Name,
    Reason,
    Subscribe,
    Subscription,
    SuspendedTopic,
)
from shared.auth import Caller, requires
from shared.idempotency import OptionalIdempotencyKey, once
from shared.ids import new_id
from shared.messaging.consumers import consumer_of
from shared.messaging.jetstream import STREAM
from shared.pagination import Page

FOLLOWS = requires("events", kinds=("department",))
router = APIRouter(tags=["subscriptions"])


@router.post("/v1/subscriptions", status_code=201)
async def create_subscription(
    body: Subscribe,
    response: Response,
    caller: Annotated[Caller, FOLLOWS],
    service: Current,
    key: OptionalIdempotencyKey = None,
) -> Subscription:
    """Follow these topics, from the first event on. The same name and topics again: 200, and nothing changes."""
    row, is_new = await _subscribe(service, body, caller=caller, key=key)
    await service.subscriptions.settle(row)
    response.status_code = 201 if is_new else 200
    return (await _shown(service, [row]))[0]


@router.get("/v1/subscriptions")
async def list_subscriptions(caller: Annotated[Caller, FOLLOWS], service: Current) -> Page[Subscription]:
    """All of the department's own, on one page, and how far each has come."""
    async with service.database.read() as conn:
        rows = await queries.list_subscriptions(conn, caller.department or "")
    return Page(items=await _shown(service, rows))


@router.get("/v1/subscriptions/{name}")
async def get_subscription(name: Name, caller: Annotated[Caller, FOLLOWS], service: Current) -> Subscription:
    """One of the department's own, and how far it has come."""
    async with service.database.read() as conn:
        row = await commands.own_subscription(conn, name, caller.department or "")
    return (await _shown(service, [row]))[0]


@router.delete("/v1/subscriptions/{name}", status_code=204)
async def delete_subscription(name: Name, caller: Annotated[Caller, FOLLOWS], service: Current) -> None:
    """Follow no more. Its consumer goes, and with it how far it had come."""
    department = caller.department or ""
    async with service.database.transaction() as conn:
        await commands.unsubscribe(conn, name, department=department)
    await service.subscriptions.forget(department, name)


async def _subscribe(
    service: IdentityService, body: Subscribe, *, caller: Caller, key: str | None
) -> tuple[SubscriptionRow, bool]:
    """The row, committed: the bus is spoken to outside the transaction. Refuses (503) before the rules are known."""
    table, subscription = service.sharing.table, new_id()
    async with service.database.transaction() as conn:
        if key is not None and await once(
            conn, caller=caller.sub, operation="create_subscription", key=key, body=body, resource=subscription
        ):
            return await commands.own_subscription(conn, body.name, caller.department or ""), False
        return await commands.subscribe(
            conn,
            subscription=subscription,
            name=body.name,
            topics=body.topics,
            table=table,
            by=caller,
            at=service.clock(),
        )


async def _shown(service: IdentityService, rows: Sequence[SubscriptionRow]) -> list[Subscription]:
    url = service.settings.nats_public_url or service.settings.nats_url or ""
    seen = await service.subscriptions.look(rows)
    return [_subscription(row, on_bus, url=url) for row, on_bus in zip(rows, seen, strict=True)]


def _subscription(row: SubscriptionRow, on_bus: OnBus | None, *, url: str) -> Subscription:
    standing = on_bus.standing if on_bus else None
    return Subscription(
        name=row.name,
        topics=row.topics,
        nats=BusAccess(
            url=url,
            stream=STREAM,
            consumer=consumer_of(row.department, row.name),
            inbox_prefix=inbox_prefix(row.department),
        ),
        ready=standing is not None,
        reason=_reason(row, on_bus),
        suspended=[SuspendedTopic(topic=topic) for topic in row.suspended],
        delivered=str(standing.delivered) if standing else None,
        acknowledged=str(standing.acknowledged) if standing else None,
        head=str(on_bus.end) if on_bus else None,
        lag=standing.waiting if standing else None,
        created_at=row.created_at,
    )


def _reason(row: SubscriptionRow, on_bus: OnBus | None) -> Reason | None:
    if not followed(row.topics, row.suspended):
        return "suspended"
    if on_bus is None:
        return "bus-away"
    return None if on_bus.standing else "being-made"

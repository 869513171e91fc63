"""What runs beside the API: the relay of this service's events, and the timers that rotate keys and forget."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.identification.commands import forget_ended
from identity.service import IdentityService
from identity.settings import IdentitySettings
from identity.tokens.commands import ensure_keys, forget_expired, rotate_keys_when_due
from shared.background import running
from shared.evidence.subscribers import sharing_reactions
from shared.timers import TimerHandler, set_timer, timer_loop
from shared.web import Part

KEEP_HOUSE = "keep-house"
# The timer is about the service itself, not about any row.
ITSELF = UUID(int=0)
EVERY = timedelta(hours=1)


def parts(settings: IdentitySettings) -> list[Part]:
    """Keys, sharing rules and the feed for every process; relay and timers where the worker runs."""
    always: list[Part] = [keys, sharing, messaging]
    return [*always, timers, subscriptions, door] if "worker" in settings.run else always


@asynccontextmanager
async def keys(service: IdentityService) -> AsyncGenerator[None]:
    """There is a key to sign with before the first request comes."""
    async with service.database.transaction() as conn:
        await ensure_keys(conn, service.vault, at=service.clock())
    yield


def sharing(service: IdentityService) -> AbstractAsyncContextManager[None]:
    """The rules are pulled from licensing as soon as it answers. It needs our tokens first, so nothing here waits."""
    return service.sharing.kept_fresh()


@asynccontextmanager
async def messaging(service: IdentityService) -> AsyncGenerator[None]:
    """What was recorded is numbered and published; who waits for the feed is woken; new sharing rules are heard of."""
    service.messaging.subscribe("catalogue", sharing_reactions(service.sharing))
    async with service.messaging.running():
        yield


def subscriptions(service: IdentityService) -> AbstractAsyncContextManager[None]:
    """Departments' consumers on the bus are as the subscriptions say."""
    return running({"subscriptions": service.subscriptions.run})


def door(service: IdentityService) -> AbstractAsyncContextManager[None]:
    """Departments are let onto the bus, and put out when they may not stay."""
    return service.door.running()


@asynccontextmanager
async def timers(service: IdentityService) -> AsyncGenerator[None]:
    """House is kept from now on, every hour."""
    async with service.database.transaction() as conn:
        await set_timer(conn, kind=KEEP_HOUSE, subject=ITSELF, due_at=service.clock())
    async with timer_loop(service.database, {KEEP_HOUSE: keep_house(service)}, clock=service.clock):
        yield


def keep_house(service: IdentityService) -> TimerHandler:
    """Keys rotate if they are due, what has expired is forgotten, and so again in an hour."""

    async def handle(conn: AsyncConnection, subject: UUID, at: datetime) -> None:
        await rotate_keys_when_due(conn, service.vault, at=at)
        await forget_expired(conn, at=at)
        await forget_ended(conn, at=at)
        await set_timer(conn, kind=KEEP_HOUSE, subject=subject, due_at=at + EVERY)

    return handle

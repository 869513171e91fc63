"""Drafts that were left alone are deleted, with all that they hold of people. One timer, which sets itself again."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications import queries
from licensing.applications.model import DRAFT_REMEMBERED
from shared.timers import TimerHandler, set_timer

FORGET_DRAFTS = "applications.forget-drafts"
SUBJECT: UUID = uuid5(NAMESPACE_URL, "urn:onevisit:drafts")
EVERY = timedelta(minutes=5)


async def start_forgetting(conn: AsyncConnection, *, at: datetime) -> None:
    """The timer runs. For the start of a process; starting twice changes nothing."""
    await set_timer(conn, kind=FORGET_DRAFTS, subject=SUBJECT, due_at=at)


async def forget_drafts(conn: AsyncConnection, subject: UUID, at: datetime) -> None:
    """Drafts that expired an hour ago are gone; the rest of a large number follows at once."""
    deleted = await queries.delete_drafts(conn, expired_before=at - DRAFT_REMEMBERED)
    await set_timer(conn, kind=FORGET_DRAFTS, subject=subject, due_at=at if deleted else at + EVERY)


TIMERS: dict[str, TimerHandler] = {FORGET_DRAFTS: forget_drafts}

"""What waits for a person: in a subscriber's inbox on this machine, and in the database of a service."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy import services
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home
from deploy.embedded.postgres import database_url
from onevisit_client import SqliteInbox, Waiting
from shared.database import Database
from shared.messaging import inbox as platform_inbox

Row = dict[str, Any]


def stuck(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Those of them that wait for a person: parked, or behind one of the same entity that is."""
    entities = {(each.event.source, each.event.subject) for each in waiting if each.parked}
    return [each for each in waiting if (each.event.source, each.event.subject) in entities]


async def of_subscriber(path: Path) -> list[Row]:
    """What is parked in a subscriber's inbox, with what stands behind it."""
    async with SqliteInbox(path) as inbox:
        waiting = await inbox.waiting()
    return [
        {
            "event": each.event.id,
            "subject": each.event.subject,
            "topic": each.event.topic,
            "attempts": each.attempts,
            "reason": each.reason or "stands behind another",
            "since": each.since.isoformat(timespec="seconds"),
        }
        for each in stuck(waiting)
    ]


async def redrive_subscriber(path: Path, *, subject: str | None, skip: str | None) -> int:
    """What is parked is due again, or one event is given up; answers how many."""
    async with SqliteInbox(path) as inbox:
        if skip is not None:
            return int(await inbox.skip(skip))
        return await inbox.redrive(subject=subject)


async def of_service(home: Home, service: str, *, consumer: str | None) -> list[Row]:
    """What is parked at the consumers of a service."""
    async with _database_of(home, service) as database, database.read() as conn:
        return [
            {
                "consumer": row.consumer,
                "event": str(row.event_id),
                "subject": str(row.subject),
                "topic": _topic_of(row.envelope),
                "attempts": row.attempts,
                "reason": row.reason or "stands behind another",
                "since": row.parked_at.isoformat(timespec="seconds"),
            }
            for row in await platform_inbox.list_parked(conn, consumer=consumer)
        ]


async def redrive_service(
    home: Home, service: str, *, consumer: str | None, subject: str | None, skip: str | None
) -> int:
    """The running service tries what is parked again, or gives one event up; answers how many."""
    async with _database_of(home, service) as database, database.transaction() as conn:
        parked = await platform_inbox.list_parked(conn, consumer=consumer)
        if skip is None:
            entity = None if subject is None else _uuid(subject, "--subject")
            names = sorted({row.consumer for row in parked})
            return sum([await platform_inbox.redrive(conn, consumer=name, subject=entity) for name in names])
        chosen = [row for row in parked if row.event_id == _uuid(skip, "--skip")]
        if len(chosen) > 1:
            raise LaunchError(f"several consumers parked it; choose: {_names(chosen)} with --consumer")
        for row in chosen:
            await platform_inbox.skip(conn, consumer=row.consumer, event_id=row.event_id)
        return len(chosen)


@asynccontextmanager
async def _database_of(home: Home, service: str) -> AsyncGenerator[Database]:
    """The database of a service, with the role and password that it has itself."""
    if service not in services.WITH_DATABASE:
        raise LaunchError(f"{service} has no consumers; there are: {', '.join(services.WITH_DATABASE)}")
    password, port = home.passwords([service])[service], home.running().postgres_port
    database = Database(database_url(service, password, port=port, database=service), pool_size=2)
    try:
        yield database
    finally:
        await database.close()


def _topic_of(envelope: str) -> str:
    """Where it came on; nothing that came at all can be lost by not being an event."""
    try:
        return str(json.loads(envelope)["topic"])
    except (ValueError, KeyError, TypeError):
        return "not an event"


def _uuid(text: str, option: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LaunchError(f"{option} {text!r} is no id") from None


def _names(rows: Sequence[Any]) -> str:
    return ", ".join(sorted(row.consumer for row in rows))

"""Every SQL statement about releases."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.catalogue.model.tables import catalogue_releases as releases


@dataclass(frozen=True)
class StoredRelease:
    """A release as it was published."""

    number: int
    digest: str
    content: dict[str, JsonValue]
    published_at: datetime


@dataclass(frozen=True)
class ListedRelease:
    """A release without its content."""

    number: int
    digest: str
    published_at: datetime
    published_by: str
    restores: int | None


async def lock_publication(conn: AsyncConnection) -> None:
    """One publication at a time, so that numbers have no gap; held until the transaction ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtext("catalogue_releases"))))


async def find_current_number(conn: AsyncConnection) -> int | None:
    """The number of the newest release; None before the first."""
    number: int | None = await conn.scalar(select(func.max(releases.c.number)))
    return number


async def list_releases(conn: AsyncConnection, *, before: int | None, limit: int) -> list[ListedRelease]:
    """Releases from the newest on, those before a number; one more than asked for if there are more."""
    columns = (releases.c.number, releases.c.digest, releases.c.published_at, releases.c.published_by)
    question = select(*columns, releases.c.restores).order_by(releases.c.number.desc()).limit(limit + 1)
    if before is not None:
        question = question.where(releases.c.number < before)
    return [ListedRelease(*row) for row in await conn.execute(question)]


async def find_release(conn: AsyncConnection, number: int) -> StoredRelease | None:
    """A release by its number, which somebody named."""
    columns = (releases.c.number, releases.c.digest, releases.c.content, releases.c.published_at)
    row = (await conn.execute(select(*columns).where(releases.c.number == number))).first()
    return StoredRelease(*row) if row else None


async def get_release(conn: AsyncConnection, number: int) -> StoredRelease:
    """A release by its number, which drafts and cases keep; releases are never deleted."""
    columns = (releases.c.number, releases.c.digest, releases.c.content, releases.c.published_at)
    row = (await conn.execute(select(*columns).where(releases.c.number == number))).one()
    return StoredRelease(*row)


async def insert_release(conn: AsyncConnection, release: StoredRelease, *, by: str, restores: int | None) -> None:
    """Add the release."""
    await conn.execute(
        insert(releases).values(
            number=release.number,
            digest=release.digest,
            content=release.content,
            published_at=release.published_at,
            published_by=by,
            restores=restores,
        )
    )

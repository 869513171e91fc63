"""Who changed what the platform is set up with, and when: kept with the change, in its transaction, for good.

Codes, ids and the names of what changed; never a person's name, a number or a key.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, Column, DateTime, Index, MetaData, Row, String, Table, Uuid, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.auth import Caller, requires
from shared.ids import new_id
from shared.pagination import Page, decode_cursor, encode_cursor
from shared.schemas import AwareDatetime, Strict

# Whoever holds it can register anybody for anything: of those who look after the platform, and of nobody else.
ADMINISTER = "platform:administer"
Administrator = Annotated[Caller, requires(ADMINISTER, kinds=("ops",))]

ActRow = Row[*tuple[Any, ...]]


def install(metadata: MetaData) -> Table:
    """Declare the table on a service's metadata."""
    return Table(
        "administrative_acts",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("by", String, nullable=False, comment="The client that acted, as its token names it"),
        Column("act", String, nullable=False),
        Column("subject", String, nullable=False, comment="The code or id of what was changed"),
        Column("details", JSON, nullable=False),
        Index("ix_administrative_acts_at", "at", "id"),
    )


_acts = install(MetaData())


class Act(Strict):
    """One change. `act` is what was done (`client.key-added`), `subject` to whom or what."""

    id: UUID
    at: AwareDatetime
    by: str
    act: str
    subject: str
    details: dict[str, JsonValue]

    @classmethod
    def of(cls, row: ActRow) -> Self:
        return cls(id=row.id, at=row.at, by=row.by, act=row.act, subject=row.subject, details=row.details)


async def record_act(
    conn: AsyncConnection,
    act: str,
    *,
    subject: str,
    by: str,
    at: datetime,
    details: Mapping[str, JsonValue] | None = None,
) -> None:
    """The change is in the books as soon as it is made, and not if it is not."""
    row = {"id": new_id(), "at": at, "by": by, "act": act, "subject": subject, "details": dict(details or {})}
    await conn.execute(insert(_acts).values(row))


async def administered(conn: AsyncConnection, subjects: Collection[str]) -> set[str]:
    """Those of these subjects about which an administrator has said something."""
    question = select(_acts.c.subject).distinct().where(_acts.c.subject.in_(subjects))
    return {*await conn.scalars(question)}


async def page_of_acts(conn: AsyncConnection, *, after: str | None, limit: int) -> Page[Act]:
    """The acts, the latest first."""
    question = select(_acts).order_by(_acts.c.at.desc(), _acts.c.id.desc()).limit(limit + 1)
    if (place := decode_cursor(after)) is not None:
        question = question.where(tuple_(_acts.c.at, _acts.c.id) < place)
    rows: Sequence[ActRow] = (await conn.execute(question)).all()
    return Page[Act].of(rows, limit=limit, show=Act.of, key=lambda row: encode_cursor(row.at, row.id))

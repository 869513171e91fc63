"""Every SQL statement about drafts and applications."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications.errors import DraftAlreadySubmitted, NumberTaken
from licensing.applications.model import (
    Application,
    Draft,
    Happened,
    Ticket,
    applications,
    correction_tickets,
    drafts,
)
from licensing.cases.model.tables import case_acts, cases
from licensing.planning.model import Element
from shared.contracts.evidence import Evidence
from shared.contracts.representation import RepresentationStatement
from shared.database import translate
from shared.ids import new_id

_APPLICATION = [applications.c[field.name] for field in fields(Application)]
_DELETED_AT_ONCE = 5000
# Made once: a statement that is given its values as parameters is compiled once, too.
_INSERT_DRAFT = insert(drafts)
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])


# --- drafts -----------------------------------------------------------------------------------------------------


async def insert_draft(conn: AsyncConnection, draft: Draft) -> None:
    """Keep a new draft."""
    await conn.execute(_INSERT_DRAFT, _row(draft))


async def find_draft(conn: AsyncConnection, draft: UUID) -> Draft | None:
    """The draft, whosever it is."""
    row = (await conn.execute(select(drafts).where(drafts.c.id == draft))).mappings().first()
    return _draft(row) if row else None


async def store_draft(conn: AsyncConnection, draft: Draft, *, read_version: int) -> bool:
    """The draft is as given, unless somebody changed it since the version that was read, or submitted it."""
    values = _row(draft)
    unchanged = (drafts.c.id == values.pop("id"), drafts.c.version == read_version, drafts.c.application.is_(None))
    return (await conn.execute(update(drafts).where(*unchanged).values(values))).rowcount == 1


async def prolong_draft(conn: AsyncConnection, draft: UUID, *, expires_at: datetime) -> None:
    """The draft is in use."""
    await conn.execute(update(drafts).where(drafts.c.id == draft).values(expires_at=expires_at))


async def claim_draft(conn: AsyncConnection, draft: Draft, *, application: UUID) -> bool:
    """The draft, as it was read, becomes this application; what it holds of people is forgotten. False: too late."""
    unchanged = (drafts.c.id == draft.id, drafts.c.version == draft.version, drafts.c.application.is_(None))
    forgotten: dict[str, Any] = {"evidence": [], "answers": {}, "disputes": []}
    statement = update(drafts).where(*unchanged).values(application=application, **forgotten)
    return (await conn.execute(statement)).rowcount == 1


async def delete_drafts(conn: AsyncConnection, *, expired_before: datetime) -> int:
    """Forget drafts that expired before an instant, a batch at a time; how many there were."""
    old = select(drafts.c.id).where(drafts.c.expires_at < expired_before).limit(_DELETED_AT_ONCE)
    return (await conn.execute(delete(drafts).where(drafts.c.id.in_(old)))).rowcount


def _row(draft: Draft) -> dict[str, Any]:
    plain = {field.name: getattr(draft, field.name) for field in fields(Draft)}
    return plain | {
        "statement": draft.statement.model_dump(mode="json"),
        "chosen": {role: str(party) for role, party in draft.chosen.items()},
        "bindings": {role: str(party) for role, party in draft.bindings.items()},
        "answers": {str(element): value for element, value in draft.answers.items()},
        "disputes": sorted(str(element) for element in draft.disputes),
        "evidence": _EVIDENCE.dump_python(draft.evidence, mode="json"),
        "unavailable": sorted(draft.unavailable),
    }


def _draft(row: RowMapping) -> Draft:
    read = {
        "statement": RepresentationStatement.model_validate(row["statement"]),
        "chosen": {role: UUID(party) for role, party in row["chosen"].items()},
        "bindings": {role: UUID(party) for role, party in row["bindings"].items()},
        "answers": {Element.parse(element): value for element, value in row["answers"].items()},
        "disputes": frozenset(Element.parse(element) for element in row["disputes"]),
        "evidence": _EVIDENCE.validate_python(row["evidence"]),
        "unavailable": frozenset(row["unavailable"]),
    }
    return Draft(**{**row, **read})


# --- applications -----------------------------------------------------------------------------------------------


async def insert_application(conn: AsyncConnection, application: Application) -> None:
    """Keep a new application. Refuses a second one of the same draft."""
    values = {field.name: getattr(application, field.name) for field in fields(Application)}
    with translate({"uq_applications_draft": DraftAlreadySubmitted, "uq_applications_number": NumberTaken}):
        await conn.execute(insert(applications).values(values))


async def find_application(conn: AsyncConnection, application: UUID) -> Application | None:
    """The application, whosever it is."""
    statement = select(*_APPLICATION).where(applications.c.id == application)
    row = (await conn.execute(statement)).mappings().first()
    return Application(**row) if row else None


async def lock_application(conn: AsyncConnection, application: UUID) -> Application:
    """The application, ours until the transaction ends. Its cases are locked first, by whoever locks both."""
    statement = select(*_APPLICATION).where(applications.c.id == application).with_for_update()
    return Application(**(await conn.execute(statement)).mappings().one())


async def store_application(conn: AsyncConnection, application: Application) -> None:
    """The application has come to another state."""
    changed = {"version": application.version, "state": application.state, "ended_at": application.ended_at}
    await conn.execute(update(applications).where(applications.c.id == application.id).values(changed))


async def list_applications(
    conn: AsyncConnection, applicant: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Application]:
    """The applicant's own, newest first; one more than asked for if there is more."""
    statement = select(*_APPLICATION).where(applications.c.applicant == applicant)
    if after is not None:
        statement = statement.where(tuple_(applications.c.submitted_at, applications.c.id) < after)
    newest = statement.order_by(applications.c.submitted_at.desc(), applications.c.id.desc()).limit(limit + 1)
    return [Application(**row) for row in (await conn.execute(newest)).mappings()]


async def insert_tickets(
    conn: AsyncConnection, tickets: Sequence[Ticket], *, application: UUID, at: datetime
) -> list[UUID]:
    """Keep new correction tickets; their ids."""
    ids = [new_id() for _ in tickets]
    rows = [
        {field.name: getattr(ticket, field.name) for field in fields(Ticket)}
        | {"id": id_, "application": application, "opened_at": at}
        for id_, ticket in zip(ids, tickets, strict=True)
    ]
    if rows:
        await conn.execute(insert(correction_tickets), rows)
    return ids


async def list_happened(conn: AsyncConnection, application: UUID) -> list[Happened]:
    """What happened to the cases of an application, oldest first.

    Acts of one case are written under its lock: in the order of their ids nothing ever appears before what was seen.
    """
    statement = (
        select(
            cases.c.id.label("case"),
            cases.c.item,
            cases.c.department,
            cases.c.opened_at,
            case_acts.c.act,
            case_acts.c.state,
            case_acts.c.by_kind,
            case_acts.c.at,
        )
        .select_from(cases.outerjoin(case_acts, case_acts.c.case_id == cases.c.id))
        .where(cases.c.application == application)
        .order_by(case_acts.c.id)
    )
    return [Happened(**row) for row in (await conn.execute(statement)).mappings()]

"""The applicant's calls: one identification, the draft, the application and its progress."""

from collections.abc import AsyncIterator
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Header, status
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications import commands, queries
from licensing.applications.commands import Attempt, Desk
from licensing.applications.model import Opened, Sheet
from licensing.applications.permissions import SCOPE
from licensing.applications.ports import News
from licensing.applications.progress import follow
from licensing.applications.rules.progress import read_seen, seen_text
from licensing.applications.schemas import (
    ApplicationSummary,
    ApplicationView,
    DraftChange,
    DraftView,
    OneIdentification,
    Submission,
    Withdrawal,
    application_summary,
    application_view,
    draft_view,
    progress_view,
)
from shared.auth import Caller, requires
from shared.clock import Clock
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor
from shared.web import service_of


class ApplicationsService(Protocol):
    """The part of the service that drafts and applications use."""

    clock: Clock
    desk: Desk
    news: News


Current = Annotated[ApplicationsService, Depends(service_of)]
Applicant = Annotated[Caller, requires(SCOPE, kinds=("person",))]
router = APIRouter(tags=["applications"])


@router.post("/v1/one-identification", response_model_exclude_none=True)
async def one_identification(service: Current, caller: Applicant, body: OneIdentification) -> DraftView:
    """Present one identification: what any department holds is filled in, and only what nobody holds is asked."""
    sheet = await commands.make_draft(
        service.desk, body.wish(), representations=body.representations, caller=caller, at=service.clock()
    )
    return draft_view(sheet)


@router.get("/v1/drafts/{draft}", response_model_exclude_none=True)
async def get_draft(service: Current, caller: Applicant, draft: UUID) -> DraftView:
    """The draft as it is; it stays valid for another half hour."""
    return draft_view(await commands.get_draft(service.desk, draft, caller=caller, at=service.clock()))


@router.patch("/v1/drafts/{draft}", response_model_exclude_none=True)
async def change_draft(service: Current, caller: Applicant, draft: UUID, body: DraftChange) -> DraftView:
    """Answer, dispute, or say in which situation you are; the draft is planned anew."""
    sheet = await commands.change_draft(service.desk, draft, body.change(), caller=caller, at=service.clock())
    return draft_view(sheet)


@router.post("/v1/applications", status_code=status.HTTP_201_CREATED, response_model_exclude_none=True)
async def submit_application(
    service: Current, caller: Applicant, body: Submission, key: IdempotencyKey
) -> ApplicationView:
    """Submit a draft, once. The same key and body again get the same application."""
    opened = await commands.submit(
        service.desk, body.confirmed(), Attempt(key, body), caller=caller, at=service.clock(), show=_shown
    )
    async with service.desk.database.read() as conn:
        return await _view(conn, service.desk, opened)


@router.get("/v1/applications", response_model_exclude_none=True)
async def list_applications(
    conn: Read, caller: Applicant, limit: Limit = 20, after: After = None
) -> Page[ApplicationSummary]:
    """Your own applications, newest first."""
    rows = await queries.list_applications(conn, caller.party, after=decode_cursor(after), limit=limit)
    return Page[ApplicationSummary].of(
        rows, limit=limit, show=application_summary, key=lambda last: encode_cursor(last.submitted_at, last.id)
    )


@router.get("/v1/applications/{application}", response_model_exclude_none=True)
async def get_application(conn: Read, service: Current, caller: Applicant, application: UUID) -> ApplicationView:
    """An application of yours, with its cases, their states and results."""
    return await _view(conn, service.desk, await commands.get_opened(conn, application, caller=caller))


@router.post("/v1/applications/{application}/withdrawal", response_model_exclude_none=True)
async def withdraw_application(
    conn: Transaction,
    service: Current,
    caller: Applicant,
    application: UUID,
    key: IdempotencyKey,
    body: Withdrawal | None = None,
) -> ApplicationView:
    """Withdraw every case that is not decided yet."""
    attempt, at = Attempt(key, body), service.clock()
    opened = await commands.withdraw_application(conn, application, attempt, caller=caller, at=at)
    return await _view(conn, service.desk, opened)


async def _followed(service: Current, caller: Applicant, application: UUID) -> UUID:
    """The application; refused before a stream begins if it is not the caller's."""
    async with service.desk.database.read() as conn:
        await commands.get_opened(conn, application, caller=caller)
    return application


@router.get("/v1/applications/{application}/progress", response_class=EventSourceResponse)
async def follow_application(
    service: Current,
    caller: Applicant,  # noqa: ARG001 - named here too, so that the route shows its guard
    application: Annotated[UUID, Depends(_followed)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What happened so far, then what happens. `Last-Event-ID` goes on where a lost connection ended."""
    before = read_seen(last_event_id)
    async for seen, entry in follow(service.desk.database, service.news, application, before=before):
        shown = progress_view(application, entry).model_dump_json(exclude_none=True)
        yield ServerSentEvent(id=seen_text(seen), raw_data=shown)


async def _view(conn: AsyncConnection, desk: Desk, opened: Opened) -> ApplicationView:
    release = await desk.releases.get(conn, opened.application.release)
    return application_view(opened, release.catalogue)


def _shown(sheet: Sheet) -> JsonValue:
    shown: JsonValue = draft_view(sheet).model_dump(mode="json", by_alias=True, exclude_none=True)
    return shown

"""The applicant's calls: one identification, the draft, the application and its progress."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, status
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications import commands, queries
from licensing.applications.commands import Attempt, Desk
from licensing.applications.model import Opened, Sheet
from licensing.applications.permissions import SCOPE
from licensing.applications.progress import follow
from licensing.applications.rules.progress import read_seen, seen_text
from licensing.applications.schemas import (
    ApplicationSummary,
    ApplicationView,
    DraftChange,
    DraftView,
    OneIdentification,
    Submission,
    application_summary,
    application_view,
    draft_view,
    progress_view,
)
from shared.auth import Caller, requires
from shared.database import Read, Transaction, database_of
from shared.idempotency import IdempotencyKey
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor
from shared.web import service_of

router = APIRouter(tags=["applications"])
Applicant = Annotated[Caller, requires(SCOPE, kinds=("person",))]


def _desk(request: Request) -> Desk:
    desk: Desk = service_of(request).desk
    return desk


def _shown(sheet: Sheet) -> JsonValue:
    shown: JsonValue = draft_view(sheet).model_dump(mode="json", by_alias=True, exclude_none=True)
    return shown


@router.post("/v1/one-identification", response_model_exclude_none=True)
async def one_identification(request: Request, body: OneIdentification, caller: Applicant) -> DraftView:
    """Present one identification: what any department holds is filled in, and only what nobody holds is asked."""
    sheet = await commands.make_draft(
        _desk(request),
        body.wish(),
        representations=body.representations,
        caller=caller,
        at=service_of(request).clock(),
    )
    return draft_view(sheet)


@router.get("/v1/drafts/{draft}", response_model_exclude_none=True)
async def get_draft(request: Request, draft: UUID, caller: Applicant) -> DraftView:
    """The draft as it is; it stays valid for another half hour."""
    sheet = await commands.get_draft(_desk(request), draft, caller=caller, at=service_of(request).clock())
    return draft_view(sheet)


@router.patch("/v1/drafts/{draft}", response_model_exclude_none=True)
async def change_draft(request: Request, draft: UUID, body: DraftChange, caller: Applicant) -> DraftView:
    """Answer, dispute, or say in which situation you are; the draft is planned anew."""
    at = service_of(request).clock()
    return draft_view(await commands.change_draft(_desk(request), draft, body.change(), caller=caller, at=at))


@router.post("/v1/applications", status_code=status.HTTP_201_CREATED, response_model_exclude_none=True)
async def submit_application(
    request: Request, body: Submission, key: IdempotencyKey, caller: Applicant
) -> ApplicationView:
    """Submit a draft, once. The same key and body again get the same application."""
    attempt, at = Attempt(key, body), service_of(request).clock()
    opened = await commands.submit(_desk(request), body.confirmed(), attempt, caller=caller, at=at, show=_shown)
    async with database_of(request).read() as conn:
        return await _view(request, conn, opened)


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
async def get_application(request: Request, conn: Read, application: UUID, caller: Applicant) -> ApplicationView:
    """An application of yours, with its cases, their states and results."""
    return await _view(request, conn, await commands.get_opened(conn, application, caller=caller))


@router.post("/v1/applications/{application}/withdrawal", response_model_exclude_none=True)
async def withdraw_application(
    request: Request, conn: Transaction, application: UUID, caller: Applicant
) -> ApplicationView:
    """Withdraw every case that is not decided yet."""
    at = service_of(request).clock()
    return await _view(request, conn, await commands.withdraw_application(conn, application, caller=caller, at=at))


async def _followed(request: Request, application: UUID, caller: Applicant) -> UUID:
    """The application, refused before a stream begins if it is not the caller's."""
    async with database_of(request).read() as conn:
        await commands.get_opened(conn, application, caller=caller)
    return application


@router.get("/v1/applications/{application}/progress", response_class=EventSourceResponse)
async def follow_application(
    request: Request,
    application: Annotated[UUID, Depends(_followed)],
    caller: Applicant,  # noqa: ARG001 - named here too, so that the route shows its guard
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What happened so far, then what happens. `Last-Event-ID` goes on where a lost connection ended."""
    news, before = service_of(request).news, read_seen(last_event_id)
    async for seen, entry in follow(database_of(request), news, application, before=before):
        shown = progress_view(application, entry).model_dump_json(exclude_none=True)
        yield ServerSentEvent(id=seen_text(seen), raw_data=shown)


async def _view(request: Request, conn: AsyncConnection, opened: Opened) -> ApplicationView:
    release = await _desk(request).releases.get(conn, opened.application.release)
    return application_view(opened, release.catalogue)

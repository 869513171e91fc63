"""`/v1/imports`, the same in every source; the gateway asks the one that holds the `type`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from shared.auth import Caller, requires
from shared.contracts.evidence import EvidenceType
from shared.database import Read
from shared.imports import queries
from shared.imports.commands import Act, begin_import
from shared.imports.errors import TypeNotHeld, UploadBroken
from shared.imports.model import MEDIA_TYPE, PATH, SCOPE
from shared.imports.schemas import ImportView, RejectionView
from shared.imports.upload import ImportDoor, Upload
from shared.pagination import After, CursorNotValid, Limit, Page
from shared.web import service_of

router = APIRouter(tags=["imports"])

Importer = Annotated[Caller, requires(SCOPE, kinds=["department"])]
Type = Annotated[EvidenceType, Query(description="What is imported.")]
Name = Annotated[UUID, Query(alias="import", description="A random UUID of your own; the same to go on.")]
FromLine = Annotated[int, Query(ge=1, le=10**10, description="Which line of your file is the first of this upload.")]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One JSON object per line.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


async def door_of(request: Request, type: Type) -> ImportDoor:  # noqa: A002 - the word of the API
    """The service's door for imports, if it holds this type."""
    door: ImportDoor = (await service_of(request)).imports
    if door.loader.evidence_type != type:
        raise TypeNotHeld
    return door


Door = Annotated[ImportDoor, Depends(door_of)]


@router.post(PATH, openapi_extra=BODY)
async def import_evidence(
    request: Request, caller: Importer, door: Door, name: Name, from_line: FromLine = 1
) -> ImportView:
    """Load evidence from before go-live that your department issues. Rows that were loaded before are left as they are.

    Answers when the upload has ended. Where it breaks off, `GET /v1/imports/{import}` says from which line to go on.
    """
    with door.room(caller.department or ""):
        upload = await _begun(request, caller, door, name)
        await upload.take(_parts(request), first=from_line)
        async with upload.database.read() as conn:
            return await _view(conn, caller, door, name)


@router.get(PATH + "/{import_id}")
async def get_import(conn: Read, caller: Importer, door: Door, import_id: UUID) -> ImportView:
    """How far an import of your department has come."""
    return await _view(conn, caller, door, import_id)


@router.get(PATH + "/{import_id}/rejections")
async def list_import_rejections(
    conn: Read, caller: Importer, _: Door, import_id: UUID, limit: Limit = 100, after: After = None
) -> Page[RejectionView]:
    """The lines of your file that were not loaded, in order; what a line says is not repeated."""
    rows = await queries.list_rejections(
        conn, import_id, department=caller.department or "", limit=limit, after=_line_after(after)
    )
    return Page[RejectionView].of(rows, limit=limit, show=RejectionView.of, key=lambda row: _cursor(row.line))


async def _parts(request: Request) -> AsyncGenerator[bytes]:
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect:
        raise UploadBroken from None


async def _view(conn: AsyncConnection, caller: Caller, door: ImportDoor, import_id: UUID) -> ImportView:
    found = await queries.get_import(conn, import_id, department=caller.department or "")
    return ImportView.of(found, door.loader.evidence_type)


async def _begun(request: Request, caller: Caller, door: ImportDoor, name: UUID) -> Upload:
    service = await service_of(request)
    department, at = caller.department or "", service.clock()
    named = door.named(department)
    act = Act(name, department, named.name, caller.act, at, issuer_uscc=named.uscc)
    async with service.database.transaction() as conn:
        await begin_import(conn, name, by=department, officer=caller.act, at=at)
    return Upload(door, service.database, service.verifier, service.clock, caller, act)


def _cursor(line: int) -> str:
    return urlsafe_b64encode(str(line).encode()).decode().rstrip("=")


def _line_after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        line = int(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise CursorNotValid from None
    if not 0 < line < 2**63:
        raise CursorNotValid
    return line

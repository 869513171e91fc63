"""The catalogue for everybody, its publication, and what other services must know of it.

Reads are served from memory, rendered once per release, with an ETag.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, status

from licensing.catalogue import commands, queries
from licensing.catalogue.releases import Release, Releases
from licensing.catalogue.schemas import (
    CatalogueChecked,
    CatalogueContent,
    FindingShown,
    ReleaseListed,
    ReleasePublished,
    ThingChange,
    ThingGuide,
    ThingSummary,
)
from shared.administration import Act, Administrator, page_of_acts
from shared.auth import Caller, public, requires
from shared.contracts.sharing import SharingRules
from shared.database import Read, database_of
from shared.pagination import After, CursorNotValid, Limit, Page
from shared.schemas import Code, Line, RegionCode

router = APIRouter(tags=["catalogue"])
IfNoneMatch = Annotated[str | None, Header(max_length=200)]


def _releases(request: Request) -> Releases:
    releases: Releases = request.app.state.service.releases
    return releases


async def _current(request: Request) -> Release:
    releases = _releases(request)
    if release := releases.fresh():
        return release
    async with database_of(request).read() as conn:
        return await releases.current(conn)


Current = Annotated[Release, Depends(_current)]


def _cached(body: bytes, *, etag: str, known: str | None) -> Response:
    headers = {"ETag": etag, "Cache-Control": "public, max-age=10"}
    if known == etag:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/v1/things", response_model=Page[ThingSummary], dependencies=[public()])
async def list_things(
    release: Current,
    stage: Code | None = None,
    q: Annotated[Line | None, Query(description="Part of the title or summary, in either language.")] = None,
    applicant: Code | None = None,
    limit: Limit = 20,
    after: After = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The things that can be applied for, by code."""
    if after is not None and after not in release.catalogue.things:
        raise CursorNotValid
    found = release.find(stage=stage, text=q, applicant=applicant, after=after or "")
    page = Page[ThingSummary].of(found[: limit + 1], limit=limit, show=release.summary, key=str)
    return _cached(page.model_dump_json(exclude_none=True).encode(), etag=release.etag, known=if_none_match)


@router.get("/v1/things/{code}", response_model=ThingGuide, dependencies=[public()])
async def get_thing(
    release: Current, code: Code, region: RegionCode | None = None, if_none_match: IfNoneMatch = None
) -> Response:
    """The guide of a thing: visits, days, materials, law, and the questions of its situations."""
    release.definition(code, region=region)
    return _cached(release.guide(code), etag=release.etag, known=if_none_match)


@router.post("/v1/catalogue/releases", status_code=status.HTTP_201_CREATED)
async def publish_catalogue(
    request: Request, body: CatalogueContent, caller: Annotated[Caller, requires("catalogue:publish")]
) -> ReleasePublished:
    """Publish a catalogue, or be told everything that keeps it from being published."""
    async with database_of(request).transaction() as conn:
        at = request.app.state.service.clock()
        release = await commands.publish(conn, body.content, by=caller.sub, at=at)
    _releases(request).forget_current()
    return ReleasePublished(number=release.number, digest=release.digest, published_at=release.published_at)


@router.get("/v1/catalogue/releases")
async def list_releases(
    _: Annotated[Caller, requires("catalogue:publish")],
    conn: Read,
    limit: Limit = 20,
    after: Annotated[int | None, Query(ge=1, le=1_000_000, description="`next` of the page before.")] = None,
) -> Page[ReleaseListed]:
    """All releases, the current one first."""
    rows = await queries.list_releases(conn, before=after, limit=limit)
    return Page[ReleaseListed].of(
        rows,
        limit=limit,
        show=lambda row: ReleaseListed.model_validate(row, from_attributes=True),
        key=lambda row: str(row.number),
    )


@router.post("/v1/catalogue/releases/{number}/restoration", status_code=status.HTTP_201_CREATED)
async def restore_release(
    request: Request,
    number: Annotated[int, Path(ge=1, le=999_999)],
    caller: Annotated[Caller, requires("catalogue:publish")],
) -> ReleasePublished:
    """Publish the content of an earlier release again, as a new one. What is running keeps its own release."""
    async with database_of(request).transaction() as conn:
        at = request.app.state.service.clock()
        release = await commands.restore(conn, number, by=caller.sub, at=at)
    _releases(request).forget_current()
    return ReleasePublished(number=release.number, digest=release.digest, published_at=release.published_at)


@router.post("/v1/catalogue/checks")
async def check_catalogue(
    body: CatalogueContent, conn: Read, _: Annotated[Caller, requires("catalogue:publish")]
) -> CatalogueChecked:
    """What publishing this content would come to. Nothing changes."""
    judged = await commands.check(conn, body.content)
    return CatalogueChecked(
        release=judged.release,
        findings=[FindingShown(**finding._asdict()) for finding in judged.findings],
        changes=[ThingChange(thing=thing, change=change) for thing, change in judged.changes.items()],
    )


@router.get("/v1/admin/content-acts")
async def list_content_acts(_: Administrator, conn: Read, limit: Limit = 50, after: After = None) -> Page[Act]:
    """What administrators did to catalogue and calendar, the latest first."""
    return await page_of_acts(conn, after=after, limit=limit)


@router.get("/internal/sharing-rules")
async def get_sharing_rules(
    _: Annotated[Caller, requires("internal", kinds=["service"])], release: Current
) -> SharingRules:
    """Who may read what, in the current release; deny until it is loaded."""
    return release.sharing_rules()

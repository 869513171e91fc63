"""Status lists over HTTP, for everybody."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, status
from starlette.responses import Response

from certificates.service import Current
from certificates.status.rules import TTL
from shared.auth import public

router = APIRouter(prefix="/v1", tags=["verification"], dependencies=[public()])
IfNoneMatch = Annotated[str | None, Header(max_length=200)]


@router.get("/status-lists/{number}", response_class=Response)
async def get_status_list(
    service: Current, number: Annotated[int, Path(ge=0, le=999_999)], if_none_match: IfNoneMatch = None
) -> Response:
    """The state of 131,072 certificates, as a Token Status List (`application/statuslist+jwt`)."""
    made = await service.status_lists.current(number)
    return _cached(made.token, etag=made.etag, known=if_none_match, media_type="application/statuslist+jwt")


def _cached(body: str, *, etag: str, known: str | None, media_type: str) -> Response:
    headers = {
        "etag": etag,
        "cache-control": f"public, max-age={int(TTL.total_seconds())}",
        # Verifiers in browsers ask, too; what is public to everybody needs no permission (section 8.1).
        "access-control-allow-origin": "*",
    }
    if known == etag:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)

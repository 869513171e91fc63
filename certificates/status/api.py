"""Status lists over HTTP, for everybody."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, status
from starlette.responses import Response

from certificates.service import Current
from certificates.status.commands import Made
from certificates.status.rules import TTL
from certificates.status.schemas import VerificationBundle
from shared.auth import public

router = APIRouter(prefix="/v1", tags=["verification"], dependencies=[public()])
IfNoneMatch = Annotated[str | None, Header(max_length=200)]


@router.get("/status-lists/{number}", response_class=Response)
async def get_status_list(
    service: Current, number: Annotated[int, Path(ge=0, le=999_999)], if_none_match: IfNoneMatch = None
) -> Response:
    """The state of 131,072 certificates, as a Token Status List (`application/statuslist+jwt`)."""
    made = await service.status_lists.current(number)
    return _cached(made, known=if_none_match, media_type="application/statuslist+jwt")


@router.get("/verification-bundle", response_model=VerificationBundle)
async def get_verification_bundle(service: Current, if_none_match: IfNoneMatch = None) -> Response:
    """All that a verifier without a network needs besides the root: every status list and every seal certificate."""
    made = await service.status_lists.bundle()
    return _cached(made, known=if_none_match, media_type="application/json")


def _cached(made: Made, *, known: str | None, media_type: str) -> Response:
    headers = {
        "etag": made.etag,
        "cache-control": f"public, max-age={int(TTL.total_seconds())}",
        # Verifiers in browsers ask, too; what is public to everybody needs no permission (section 8.1).
        "access-control-allow-origin": "*",
    }
    if known == made.etag:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(made.text, media_type=media_type, headers=headers)

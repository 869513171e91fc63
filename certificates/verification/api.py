"""Verification over HTTP, for everybody."""

from fastapi import APIRouter
from starlette.responses import Response

from certificates.service import Current
from certificates.verification import queries
from certificates.verification.schemas import VerificationRequest, VerificationView
from shared.auth import public
from shared.clock import legal_date

router = APIRouter(prefix="/v1", tags=["verification"], dependencies=[public()])


@router.post("/verifications")
async def verify_certificate(service: Current, body: VerificationRequest) -> VerificationView:
    """Is this certificate genuine and in force now? Send a PDF or sealed file, a QR code's text, or a number."""
    at = service.clock()
    day = legal_date(at, service.settings.zone)
    # Asked more than anything else: the dependency `Read` does the same at a tenth of the whole request's cost.
    async with service.database.read() as conn:
        if body.number is not None:
            return await queries.verify_number(conn, body.number, day=day)
        trust = service.believed.now()
        return await queries.verify_shown(conn, body.shown, trust=trust, at=at, day=day, challenge=body.challenge)


@router.get("/seal-root")
async def get_seal_root(service: Current) -> Response:
    """The platform's root certificate (PEM): all that is needed to verify documents offline."""
    pem = service.signer.root_pem
    headers = {"cache-control": "public, max-age=86400"}
    return Response(pem, media_type="application/pem-certificate-chain", headers=headers)

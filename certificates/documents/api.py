"""Documents over HTTP: for who holds a certificate, and for who represents them."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from certificates.documents.commands import pdf_of
from certificates.issuing.api import Looking
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.queries import find_certificate
from certificates.service import Current

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])


@router.get("/{certificate}/document.pdf")
async def get_certificate_pdf(looking: Looking, service: Current, certificate: UUID) -> Response:
    """The certificate as a page (PDF/A-3) sealed by its issuer, with the sealed file attached and a QR code."""
    # No connection is held while a page is made.
    async with service.database.read() as conn:
        found = await find_certificate(conn, certificate)
    if found is None or not looking.may_hold(found.holder):
        raise CertificateNotFound
    headers = {"cache-control": "private, no-store", "content-disposition": 'inline; filename="certificate.pdf"'}
    return Response(await pdf_of(service.press, found), media_type="application/pdf", headers=headers)

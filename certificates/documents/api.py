"""Documents over HTTP: for who holds a certificate, and for who represents them."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from certificates.documents.commands import Asker, pdf_of
from certificates.issuing.api import Either, Looking, Representation
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.queries import find_certificate
from certificates.service import Current

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])


@router.get("/{certificate}/document.pdf")
async def get_certificate_pdf(
    caller: Either, looking: Looking, service: Current, certificate: UUID, representation: Representation = None
) -> Response:
    """The certificate as a page (PDF/A-3) sealed by its issuer, with the sealed file attached and a QR code."""
    # No connection is held while a page is made.
    async with service.database.read() as conn:
        found = await find_certificate(conn, certificate)
    if found is None or not looking.may_hold(found.holder):
        raise CertificateNotFound
    headers = {"cache-control": "private, no-store", "content-disposition": 'inline; filename="certificate.pdf"'}
    made = await pdf_of(service.press, found, by=Asker(caller.token, representation))
    return Response(made, media_type="application/pdf", headers=headers)

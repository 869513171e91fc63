"""Documents over HTTP: for who holds a certificate, and for who represents them."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from certificates.copies.errors import CopyNotFound
from certificates.copies.queries import find_copy
from certificates.documents.commands import Asker, pdf_of, pdf_of_copy
from certificates.issuing.api import Either, Holder, Looking, Representation
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


@router.get("/{certificate}/copies/{copy}/document.pdf")
async def get_copy_pdf(_: Holder, looking: Looking, service: Current, certificate: UUID, copy: UUID) -> Response:
    """The copy as a page (PDF/A-3): marked with purpose and last day, its sealed file attached; no identity number."""
    async with service.database.read() as conn:
        of = await find_certificate(conn, certificate)
        if of is None or not looking.may_hold(of.holder):
            raise CertificateNotFound
        found = await find_copy(conn, copy, of=certificate)
    if found is None:
        raise CopyNotFound
    headers = {"cache-control": "private, no-store", "content-disposition": 'inline; filename="copy.pdf"'}
    return Response(await pdf_of_copy(service.press, of, found), media_type="application/pdf", headers=headers)

"""Documents over HTTP: for who holds a certificate, and for who represents them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import Response

from certificates.copies.errors import CopyNotFound
from certificates.copies.queries import find_copy
from certificates.documents.commands import Asker, Reading, pdf_for_issuer, pdf_of, pdf_of_copy
from certificates.issuing.api import Either, Holder, Looking, Representation
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.model import Certificate
from certificates.issuing.queries import find_certificate
from certificates.service import CertificatesService, Current
from shared.auth import Caller
from shared.evidence.errors import GrantRefused

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])


GrantToken = Annotated[
    str | None,
    Header(alias="grant", max_length=8192, description="Of the department that issued it: why it asks for the page."),
]


@router.get("/{certificate}/document.pdf")
async def get_certificate_pdf(
    caller: Either,
    looking: Looking,
    service: Current,
    certificate: UUID,
    representation: Representation = None,
    grant: GrantToken = None,
) -> Response:
    """The certificate as a page (PDF/A-3) sealed by its issuer, with the sealed file attached and a QR code."""
    # No connection is held while a page is made.
    async with service.database.read() as conn:
        found = await find_certificate(conn, certificate)
    if found is None or not looking.may_print(holder=found.holder, issuer=found.issuer):
        raise CertificateNotFound
    headers = {"cache-control": "private, no-store", "content-disposition": 'inline; filename="certificate.pdf"'}
    if caller.kind == "department":
        made = await _for_issuer(service, found, caller, grant)
    else:
        made = await pdf_of(service.press, found, by=Asker(caller.token, representation))
    return Response(made, media_type="application/pdf", headers=headers)


async def _for_issuer(service: CertificatesService, found: Certificate, caller: Caller, grant: str | None) -> bytes:
    if grant is None:
        raise GrantRefused("no-grant")
    opened = await service.evidence.grants.open(grant)
    return await pdf_for_issuer(service.press, found, Reading(caller.department or "", caller.act, opened))


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

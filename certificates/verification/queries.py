"""Asking the register about a certificate that somebody shows."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.queries import find_by_number, find_certificate
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.queries import was_superseded
from certificates.verification.errors import NotGenuine
from certificates.verification.offline import open_document, seal_in
from certificates.verification.rules import standing, unknown
from certificates.verification.schemas import VerificationView


async def verify_shown(conn: AsyncConnection, document: bytes, *, root_pem: bytes, day: date) -> VerificationView:
    """Genuine if the seal holds and the register has it; in force as the register says at this moment.

    The register, and not the seal, says that it was set: so it stays genuine when its key is revoked, and nothing that
    was made with a stolen key ever is.
    """
    try:
        content = open_document(document, root_pem)
        seal = seal_in(document)
    except NotGenuine as refusal:
        return unknown(refusal.code)
    held = await find_certificate(conn, content.certificate)
    if held is None or held.number != content.number:
        return unknown("not-in-register")
    if held.seal == seal:
        return standing(held, day=day)
    if await was_superseded(conn, held.id, seal):
        return standing(held, day=day, and_also=("seal-superseded",))
    return unknown("seal-not-in-register")


async def verify_number(conn: AsyncConnection, number: str, *, day: date) -> VerificationView:
    """Genuine if the register has this number, as it stands.

    Where it has not, a number that is wrong in itself is told as such: somebody may have misread it.
    """
    try:
        agrees = CertificateNumber.parse(number).agrees
    except ValueError:
        return unknown("number-wrong")
    held = await find_by_number(conn, number)
    if held is not None:
        return standing(held, day=day)
    return unknown("not-in-register" if agrees else "number-wrong")

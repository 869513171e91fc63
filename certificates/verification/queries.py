"""Asking the register about a certificate that somebody shows. Each form costs one statement."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.credentials.rules import Challenge
from certificates.issuing.model import Certificate
from certificates.issuing.queries import find_by_place, find_certificate, find_standing
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.queries import was_superseded
from certificates.verification.errors import NotGenuine, ReasonCode
from certificates.verification.forms import Form, Presented, form_of, open_shown
from certificates.verification.rules import agrees, for_its_purpose, standing, unknown, with_its_proof
from certificates.verification.schemas import VerificationView
from certificates.verification.trust import Trust


async def verify_shown(
    conn: AsyncConnection,
    shown: bytes,
    *,
    trust: Trust,
    at: datetime,
    day: date,
    challenge: Challenge | None = None,
) -> VerificationView:
    """Genuine if the seal holds and the register has it; in force as the register says at this moment.

    The register, and not the seal, says that it was set: so it stays genuine when its key is revoked, and nothing that
    was made with a stolen key ever is. Of codes, copies and credentials it keeps none: theirs must not be revoked,
    and what they say must be what it holds. Where there is a `challenge`, who shows it must have answered it.
    """
    try:
        presented = open_shown(shown, trust, at, challenge=challenge)
        if presented.seal is None:
            trust.check_not_revoked(presented.sealed_by, sealed_at=presented.sealed_at)
    except NotGenuine as refusal:
        return unknown(form_of(shown), refusal.code)
    held = await _find(conn, presented)
    if held is None or presented.number not in (None, held.number):
        return unknown(presented.form, "not-in-register")
    why, and_also = await _doubts(conn, presented, held)
    if why is not None:
        return unknown(presented.form, why)
    verdict = standing(held, form=presented.form, day=day, and_also=and_also)
    return with_its_proof(for_its_purpose(verdict, presented, day=day), presented)


async def _doubts(
    conn: AsyncConnection, presented: Presented, held: Certificate
) -> tuple[ReasonCode | None, tuple[ReasonCode, ...]]:
    """Why what is shown is not what the register holds, if it is not; and what is to be said of it otherwise."""
    if presented.seal is None:
        return (None if agrees(presented, held) else "differs-from-register"), ()
    if held.seal == presented.seal:
        return None, ()
    if await was_superseded(conn, held.id, presented.seal):
        return None, ("seal-superseded",)
    return "seal-not-in-register", ()


async def verify_number(conn: AsyncConnection, number: str, *, day: date) -> VerificationView:
    """Genuine if the register has this number, as it stands.

    Where it has not, a number that is wrong in itself is told as such: somebody may have misread it.
    """
    try:
        is_right = CertificateNumber.parse(number).agrees
    except ValueError:
        return unknown(Form.NUMBER, "number-wrong")
    held = await find_standing(conn, number)
    if held is not None:
        return standing(held, form=Form.NUMBER, day=day)
    return unknown(Form.NUMBER, "not-in-register" if is_right else "number-wrong")


async def _find(conn: AsyncConnection, presented: Presented) -> Certificate | None:
    if presented.certificate is not None:
        return await find_certificate(conn, presented.certificate)
    # A wallet need not show which certificate it is; its place in the status lists is always there, and one's own.
    return None if presented.status is None else await find_by_place(conn, presented.status)

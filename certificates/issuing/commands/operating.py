"""What an issuer does to a certificate: withholds it, gives it back, ends it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.acting import Act, allow
from certificates.issuing.commands.recording import change, named, note, tell
from certificates.issuing.model import EXPIRY_TIMER, MAY_EXPIRE, Certificate, Operation
from shared.contracts.events import (
    CertificateEvent,
    CertificateReinstated,
    CertificateRevoked,
    CertificateWithheld,
)
from shared.timers import cancel_timer


async def operate(conn: AsyncConnection, certificate: UUID, act: Act, *, at: datetime) -> Certificate:
    """The certificate is withheld, reinstated or ended, with ground, reason and officer on record; its event is told.

    Refuses as `allow`. DOMAIN 4.4; ALL 69, 70.
    """
    held = await queries.lock_certificate(conn, certificate)
    ground = allow(held, act)
    changed = await change(conn, held, ground.end)
    await note(conn, changed, act.operation, department=act.department, at=at, act=act)
    if ground.end not in MAY_EXPIRE:
        await cancel_timer(conn, kind=EXPIRY_TIMER, subject=held.id)
    await tell(conn, changed, _event_of(act, changed), at=at)
    return changed


def _event_of(act: Act, certificate: Certificate) -> CertificateEvent:
    if act.operation is Operation.WITHHOLDING:
        return CertificateWithheld(**named(certificate))
    if act.operation is Operation.REINSTATEMENT:
        return CertificateReinstated(**named(certificate))
    return CertificateRevoked(**named(certificate), ground=act.ground)

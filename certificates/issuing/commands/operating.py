"""What an issuer does to a certificate: withholds it, gives it back, ends it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.recording import Act, change, named, note, tell
from certificates.issuing.errors import CertificateNotFound, GroundNotKnown, StateNotFitting
from certificates.issuing.model import EXPIRY_TIMER, GROUNDS, MAY_EXPIRE, Certificate, Operation
from certificates.issuing.permissions import Viewer
from shared.contracts.events import (
    CertificateEvent,
    CertificateReinstated,
    CertificateRevoked,
    CertificateWithheld,
)
from shared.timers import cancel_timer


async def operate(conn: AsyncConnection, certificate: UUID, act: Act, *, at: datetime) -> Certificate:
    """The certificate is withheld, reinstated or ended, with ground, reason and officer on record; its event is told.

    Refuses whoever did not issue it (CertificateNotFound), a ground that the law does not know for this operation
    (GroundNotKnown), and a state that the ground does not start from (StateNotFitting). DOMAIN 4.4; ALL 69, 70.
    """
    held = await queries.lock_certificate(conn, certificate)
    if not Viewer(department=act.department).may_operate(held.issuer):
        raise CertificateNotFound
    ground = GROUNDS.get(act.ground)
    if ground is None or ground.operation is not act.operation:
        raise GroundNotKnown(known=[code for code, known in GROUNDS.items() if known.operation is act.operation])
    if held.state not in ground.start:
        raise StateNotFitting(state=held.state, fitting=[str(state) for state in sorted(ground.start)])
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

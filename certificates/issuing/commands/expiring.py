"""What the calendar does to a certificate."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.recording import change, named, note, noticed, notify, tell
from certificates.issuing.model import MAY_EXPIRE, Operation, State
from shared.contracts.events import CertificateExpired
from shared.contracts.notices import CertificateTransferWithdrawn


async def expire_certificate(conn: AsyncConnection, certificate: UUID, at: datetime) -> None:
    """Its last day is over: the certificate is expired and `certificate.expired` told. Nothing where it had ended.

    Whom it had been offered is told that it can be taken over no more.
    """
    held = await queries.lock_certificate(conn, certificate)
    if held.state not in MAY_EXPIRE:
        return
    changed = await change(conn, held, State.EXPIRED)
    await note(conn, changed, Operation.EXPIRY, department=changed.issuer, at=at)
    await tell(conn, changed, CertificateExpired(**named(changed)), at=at)
    if held.state is State.TRANSFERRED and held.transferred_to is not None:
        withdrawn = CertificateTransferWithdrawn(**noticed(changed), change="expired")
        await notify(conn, changed, withdrawn, to=held.transferred_to, at=at)

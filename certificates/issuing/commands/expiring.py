"""What the calendar does to a certificate."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.recording import change, named, note, tell
from certificates.issuing.model import MAY_EXPIRE, Operation, State
from shared.contracts.events import CertificateExpired


async def expire_certificate(conn: AsyncConnection, certificate: UUID, at: datetime) -> None:
    """Its last day is over: the certificate is expired and `certificate.expired` told. Nothing where it had ended."""
    held = await queries.lock_certificate(conn, certificate)
    if held.state not in MAY_EXPIRE:
        return
    changed = await change(conn, held, State.EXPIRED)
    await note(conn, changed, Operation.EXPIRY, department=changed.issuer, at=at)
    await tell(conn, changed, CertificateExpired(**named(changed)), at=at)

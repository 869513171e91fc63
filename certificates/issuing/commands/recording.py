"""What every change of a certificate leaves behind: its new state, an entry in its history, and an event."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.model import Certificate, Operation, State, certificates, operations
from shared.contracts.events import CertificateEvent
from shared.messaging import outbox


@dataclass(frozen=True, slots=True)
class Act:
    """An operation as its department asks for it, with the officer who answers for it."""

    operation: Operation
    ground: str
    reason: str
    department: str
    officer: str | None


async def change(conn: AsyncConnection, held: Certificate, state: State) -> Certificate:
    """The certificate in this state; its revision counts on."""
    changed = replace(held, state=state, revision=held.revision + 1)
    row = update(certificates).where(certificates.c.id == held.id)
    await conn.execute(row.values(state=changed.state, revision=changed.revision))
    return changed


async def note(
    conn: AsyncConnection,
    certificate: Certificate,
    operation: Operation,
    *,
    department: str,
    at: datetime,
    act: Act | None = None,
) -> None:
    """What was done to it stands in its history; without `act`, nobody did it."""
    row = insert(operations).values(
        certificate=certificate.id,
        revision=certificate.revision,
        operation=operation,
        ground=act and act.ground,
        reason=act and act.reason,
        department=department,
        officer=act and act.officer,
        at=at,
    )
    await conn.execute(row)


def named(certificate: Certificate) -> dict[str, Any]:
    """What every event of a certificate says: nothing of its claims, nor its number."""
    return {
        "certificate": certificate.id,
        "kind": certificate.kind,
        "party": certificate.holder,
        "issuer": certificate.issuer,
        "state": certificate.state.value,
    }


async def tell(conn: AsyncConnection, certificate: Certificate, event: CertificateEvent, *, at: datetime) -> None:
    """The event is told where the holder lives, numbered by the certificate's revision."""
    await outbox.record(
        conn,
        event,
        subject=certificate.id,
        version=certificate.revision,
        region=certificate.region,
        kind=certificate.kind,
        at=at,
    )

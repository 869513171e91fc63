"""What every change of a certificate leaves behind: its row and its timer, an entry in its history, and an event."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.commands.acting import Act
from certificates.issuing.model import EXPIRY_TIMER, Certificate, Operation, State, certificates, operations
from shared.clock import end_of
from shared.contracts.events import CertificateEvent, CertificateExpired
from shared.contracts.notices import TransferNotice
from shared.messaging import outbox
from shared.timers import cancel_timer, set_timer


async def add(conn: AsyncConnection, certificate: Certificate, *, zone: str) -> bool:
    """The certificate is there, and will expire by itself. False where its decision was carried out before."""
    made = await conn.execute(_ADD, {column.name: getattr(certificate, column.name) for column in certificates.c})
    if made.first() is None:
        return False
    if certificate.valid_until is not None:
        due_at = end_of(certificate.valid_until, zone)
        await set_timer(conn, kind=EXPIRY_TIMER, subject=certificate.id, due_at=due_at)
    return True


async def change(conn: AsyncConnection, held: Certificate, state: State) -> Certificate:
    """The certificate in this state, with who may take it over; its revision counts on."""
    changed = replace(held, state=state, revision=held.revision + 1)
    row = update(certificates).where(certificates.c.id == held.id)
    values = {name: getattr(changed, name) for name in ("state", "revision", "transferred_to")}
    await conn.execute(row.values(values))
    return changed


async def retire(
    conn: AsyncConnection,
    held: Certificate,
    operation: Operation,
    *,
    department: str,
    at: datetime,
    act: Act | None = None,
) -> Certificate:
    """Another takes its place: it is expired (失效) at this instant, by no calendar. To be told when the other is."""
    changed = await change(conn, held, State.EXPIRED)
    await note(conn, changed, operation, department=department, at=at, act=act)
    await cancel_timer(conn, kind=EXPIRY_TIMER, subject=held.id)
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
    row = {
        "certificate": certificate.id,
        "revision": certificate.revision,
        "operation": operation,
        "ground": act and act.ground,
        "reason": act and act.reason,
        "department": department,
        "officer": act and act.officer,
        "at": at,
    }
    await conn.execute(_NOTE, row)


def named(certificate: Certificate) -> dict[str, Any]:
    """What every event of a certificate says: nothing of its claims, nor its number."""
    return {**noticed(certificate), "state": certificate.state.value}


def noticed(certificate: Certificate) -> dict[str, Any]:
    """What every notice of a transfer says."""
    return {
        "certificate": certificate.id,
        "kind": certificate.kind,
        "party": certificate.holder,
        "issuer": certificate.issuer,
    }


async def tell(conn: AsyncConnection, certificate: Certificate, event: CertificateEvent, *, at: datetime) -> None:
    """The event is told where the holder lives, numbered by the certificate's revision."""
    await _record(conn, certificate, event, at=at)


async def notify(
    conn: AsyncConnection, certificate: Certificate, notice: TransferNotice, *, to: str, at: datetime
) -> None:
    """The department `to`, and nobody else, is told so; numbered as what is told to all."""
    await _record(conn, certificate, notice, at=at, department=to)


async def tell_retired(
    conn: AsyncConnection, retired: Certificate, operation: Operation, *, successor: UUID, at: datetime
) -> None:
    """`certificate.expired`, naming what took its place: after the event of the successor, so that this is known."""
    event = CertificateExpired(**named(retired), successor=successor, operation=operation.value)
    await tell(conn, retired, event, at=at)


async def _record(
    conn: AsyncConnection,
    certificate: Certificate,
    event: CertificateEvent | TransferNotice,
    *,
    at: datetime,
    department: str | None = None,
) -> None:
    await outbox.record(
        conn,
        event,
        subject=certificate.id,
        version=certificate.revision,
        region=certificate.region,
        kind=certificate.kind,
        at=at,
        department=department,
    )


# Put together once: each time they would cost as much as the seal. Parallel deliveries meet at the first: the second
# waits for the first to commit, and then makes nothing.
_ADD = insert(certificates).on_conflict_do_nothing(index_elements=["case", "index"]).returning(certificates.c.id)
_NOTE = insert(operations)

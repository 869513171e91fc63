"""What happens to deliveries: asked for, dispatched, tried, handed over. A courier is spoken to in no transaction."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.delivery.errors import (
    CourierAway,
    DeliveryNotFound,
    DeliveryUnderWay,
    NotReadyForPickUp,
    NotToBeDelivered,
    ParcelRefused,
)
from certificates.delivery.model import CARRIED, ONE_UNDER_WAY, TRIES, Delivery, State, deliveries
from certificates.delivery.ports import Courier
from certificates.delivery.queries import lock_delivery, take_due
from certificates.delivery.rules import next_state, pause_after
from certificates.delivery.schemas import DeliveryRequest, Parcel, Progress
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.model import Certificate
from certificates.issuing.permissions import Viewer
from certificates.issuing.queries import find_certificate, lock_certificate
from certificates.issuing.rules import is_in_force
from shared.clock import Clock, legal_date
from shared.contracts.events import DeliveryDelivered, DeliveryDispatched, DeliveryEvent, DeliveryFailed
from shared.database import Database, translate
from shared.messaging import outbox

BATCH = 20
# Longer than a batch of answers is waited for: after it, whoever took a delivery has died.
LEASE = timedelta(seconds=300)
log = structlog.get_logger(__name__)


async def request_delivery(
    conn: AsyncConnection,
    certificate: UUID,
    wish: DeliveryRequest,
    *,
    delivery: UUID,
    looking: Viewer,
    zone: str,
    at: datetime,
) -> Delivery:
    """A paper copy is to be brought to this address, or waits to be picked up.

    Refuses whoever may not hold the certificate (CertificateNotFound), one that is not in force (NotToBeDelivered), and
    a second one while the first is under way (DeliveryUnderWay).
    """
    held = await lock_certificate(conn, certificate)
    if not looking.may_hold(held.holder):
        raise CertificateNotFound
    if not is_in_force(held, day=legal_date(at, zone)):
        raise NotToBeDelivered(state=held.state)
    carried = wish.address is not None
    made = Delivery(
        id=delivery,
        certificate=held.id,
        method=wish.method,
        state=State.REQUESTED if carried else State.PICK_UP,
        address=wish.address.model_dump() if wish.address else None,
        tracking=None,
        tries=0,
        requested_at=at,
        changed_at=at,
        revision=1,
        due_at=at if carried else None,
        attempts=0,
    )
    with translate({ONE_UNDER_WAY: DeliveryUnderWay}):
        await conn.execute(insert(deliveries).values(asdict(made)))
    return made


async def hand_over(
    conn: AsyncConnection, certificate: UUID, delivery: UUID, *, department: str, at: datetime
) -> Delivery:
    """The holder came for it and has it; `delivery.delivered` is told.

    Refuses whoever did not issue the certificate (CertificateNotFound), and what does not wait for its holder
    (NotReadyForPickUp).
    """
    held = await lock_certificate(conn, certificate)
    if not Viewer(department=department).may_operate(held.issuer):
        raise CertificateNotFound
    waiting = await lock_delivery(conn, delivery)
    if waiting.certificate != held.id:
        raise DeliveryNotFound
    if waiting.state is not State.PICK_UP:
        raise NotReadyForPickUp(state=waiting.state)
    return await _change(conn, held, waiting, State.DELIVERED, at=at)


async def carry_due(database: Database, courier: Courier, *, every: timedelta, zone: str, clock: Clock) -> int:
    """The courier is told of new parcels, and asked after those on their way; answers how many deliveries were due.

    A delivery is taken for a while first, and no transaction is open while the courier is spoken to. Whoever dies in
    between has it done again: the courier knows parcels by their id.
    """
    async with database.transaction() as conn:
        due = await take_due(conn, at=clock(), lease=LEASE, limit=BATCH)
    for delivery in due:
        try:
            if delivery.state is State.REQUESTED:
                await _dispatch(database, courier, delivery, every=every, zone=zone, clock=clock)
            else:
                progress = await courier.progress(delivery.id)
                async with database.transaction() as conn:
                    await note_progress(conn, delivery.id, progress, again_at=clock() + every, at=clock())
        except CourierAway as away:
            log.warning("courier away", delivery=str(delivery.id), attempts=delivery.attempts + 1, reason=str(away))
            async with database.transaction() as conn:
                again_at = clock() + pause_after(delivery.attempts)
                await _postpone(conn, delivery, again_at=again_at, attempts=delivery.attempts + 1)
    return len(due)


async def _dispatch(
    database: Database, courier: Courier, delivery: Delivery, *, every: timedelta, zone: str, clock: Clock
) -> None:
    async with database.transaction() as conn:
        if not await still_wanted(conn, delivery.id, zone=zone, at=clock()):
            return
    assert delivery.address is not None
    try:
        tracking = await courier.dispatch(Parcel.model_validate({**delivery.address, "id": delivery.id}))
    except ParcelRefused:
        async with database.transaction() as conn:
            await note_refused(conn, delivery.id, at=clock())
        return
    async with database.transaction() as conn:
        await note_dispatched(conn, delivery.id, tracking=tracking, again_at=clock() + every, at=clock())


async def still_wanted(conn: AsyncConnection, delivery: UUID, *, zone: str, at: datetime) -> bool:
    """Whether it is to be dispatched. One whose certificate ended meanwhile is cancelled, and its address forgotten."""
    held, wanted = await _lock(conn, delivery)
    if wanted.state is not State.REQUESTED:
        return False
    if is_in_force(held, day=legal_date(at, zone)):
        return True
    await _change(conn, held, wanted, State.CANCELLED, at=at)
    return False


async def note_dispatched(
    conn: AsyncConnection, delivery: UUID, *, tracking: str, again_at: datetime, at: datetime
) -> None:
    """The courier has it, under this number; `delivery.dispatched` is told. Nothing where that is known."""
    held, wanted = await _lock(conn, delivery)
    if wanted.state is State.REQUESTED:
        await _change(conn, held, wanted, State.DISPATCHED, tracking=tracking, due_at=again_at, at=at)


async def note_refused(conn: AsyncConnection, delivery: UUID, *, at: datetime) -> None:
    """The courier does not carry it to that address: it waits to be picked up; `delivery.failed` is told."""
    held, wanted = await _lock(conn, delivery)
    if wanted.state is State.REQUESTED:
        await _change(conn, held, wanted, State.PICK_UP, at=at)


async def note_progress(
    conn: AsyncConnection, delivery: UUID, progress: Progress, *, again_at: datetime, at: datetime
) -> None:
    """What the courier says is on record; `delivery.delivered` or `delivery.failed` is told where it is news.

    After the third try in vain it waits to be picked up, and its address is forgotten, as it is when it is delivered.
    """
    held, carried = await _lock(conn, delivery)
    state = next_state(carried, progress)
    if state is not None:
        tries = min(progress.tries, TRIES)
        await _change(conn, held, carried, state, tries=tries, due_at=again_at, at=at)
    elif carried.state in CARRIED:
        await _postpone(conn, carried, again_at=again_at, attempts=0)


async def _lock(conn: AsyncConnection, delivery: UUID) -> tuple[Certificate, Delivery]:
    found = await lock_delivery(conn, delivery)
    held = await find_certificate(conn, found.certificate)
    assert held is not None
    return held, found


async def _change(
    conn: AsyncConnection, held: Certificate, delivery: Delivery, state: State, *, at: datetime, **more: Any
) -> Delivery:
    changed = replace(delivery, state=state, revision=delivery.revision + 1, changed_at=at, attempts=0, **more)
    if state not in CARRIED:
        # The courier needs nothing more: the address is forgotten in the same breath.
        changed = replace(changed, address=None, due_at=None)
    values = {name: value for name, value in asdict(changed).items() if name not in ("id", "certificate", "method")}
    await conn.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(values))
    event = _event_of(held, changed)
    if event is not None:
        await outbox.record(
            conn,
            event,
            subject=changed.id,
            version=changed.revision,
            region=held.region,
            kind=held.kind,
            at=at,
        )
    return changed


def _event_of(held: Certificate, delivery: Delivery) -> DeliveryEvent | None:
    named: dict[str, Any] = {
        "delivery": delivery.id,
        "certificate": held.id,
        "kind": held.kind,
        "party": held.holder,
        "issuer": held.issuer,
        "state": delivery.state.value,
    }
    match delivery.state:
        case State.DISPATCHED:
            return DeliveryDispatched(**named)
        case State.DELIVERED:
            return DeliveryDelivered(**named, method=delivery.method)
        case State.FAILED | State.PICK_UP:
            return DeliveryFailed(**named, tries=delivery.tries)
        case _:
            return None


async def _postpone(conn: AsyncConnection, delivery: Delivery, *, again_at: datetime, attempts: int) -> None:
    row = update(deliveries).where(deliveries.c.id == delivery.id, deliveries.c.due_at.is_not(None))
    await conn.execute(row.values(due_at=again_at, attempts=attempts))

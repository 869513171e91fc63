"""Deliveries over HTTP: for who holds a certificate, and for the department that hands paper over."""

from uuid import UUID

from fastapi import APIRouter

from certificates.copies.api import Held, held
from certificates.delivery import queries
from certificates.delivery.commands import hand_over, request_delivery
from certificates.delivery.errors import CourierNotOffered, DeliveryNotFound
from certificates.delivery.schemas import DeliveryRequest, DeliveryView
from certificates.issuing.api import Holder, Issuer, Looking
from certificates.service import Current
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey, once
from shared.ids import random_id
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1/certificates/{certificate}/deliveries", tags=["certificates"])


@router.post("", status_code=201)
async def request_a_delivery(
    caller: Holder,
    looking: Looking,
    conn: Transaction,
    service: Current,
    certificate: UUID,
    body: DeliveryRequest,
    key: IdempotencyKey,
) -> DeliveryView:
    """A paper copy by courier, or kept ready to be picked up. The address is forgotten when it has arrived."""
    delivery, name = random_id(), f"delivery:{certificate}"
    made = await once(conn, caller=caller.sub, operation=name, key=key, body=body, resource=delivery)
    if made is None:
        if body.method == "courier" and service.courier is None:
            raise CourierNotOffered
        zone, at = service.settings.zone, service.clock()
        await request_delivery(conn, certificate, body, delivery=delivery, looking=looking, zone=zone, at=at)
    return await get_delivery(await held(caller, looking, conn, certificate), conn, made or delivery)


@router.get("")
async def list_deliveries(of: Held, conn: Read, limit: Limit = 20, after: After = None) -> Page[DeliveryView]:
    """The deliveries of this certificate, newest first."""
    rows = await queries.list_deliveries(conn, of.id, limit=limit, after=decode_cursor(after))
    return Page[DeliveryView].of(
        rows, limit=limit, show=DeliveryView.of, key=lambda row: encode_cursor(row.requested_at, row.id)
    )


@router.get("/{delivery}")
async def get_delivery(of: Held, conn: Read, delivery: UUID) -> DeliveryView:
    """Where it stands."""
    found = await queries.find_delivery(conn, delivery, of=of.id)
    if found is None:
        raise DeliveryNotFound
    return DeliveryView.of(found)


@router.post("/{delivery}/hand-over")
async def hand_a_delivery_over(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, delivery: UUID, key: IdempotencyKey
) -> DeliveryView:
    """The holder came for it, and has it."""
    name = f"hand-over:{delivery}"
    if await once(conn, caller=caller.sub, operation=name, key=key, body=None, resource=delivery) is None:
        await hand_over(conn, certificate, delivery, department=caller.department or "", at=service.clock())
    return DeliveryView.of(await queries.lock_delivery(conn, delivery))

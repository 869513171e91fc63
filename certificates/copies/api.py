"""Copies over HTTP: for who holds a certificate, and for who represents them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from certificates.copies import queries
from certificates.copies.commands import Desk, Wish, make_copy
from certificates.copies.errors import CopyNotFound
from certificates.copies.model import Copy
from certificates.copies.rules import check_usable, copy_file, holds
from certificates.copies.schemas import CopyRequest, CopyView
from certificates.issuing.api import Holder, Looking
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.model import Certificate
from certificates.issuing.queries import find_certificate
from certificates.service import Current
from shared.clock import legal_date
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey, once
from shared.ids import random_id
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1/certificates/{certificate}/copies", tags=["certificates"])


async def held(_: Holder, looking: Looking, conn: Read, certificate: UUID) -> Certificate:
    """The certificate, if the person who asks may hold it."""
    found = await find_certificate(conn, certificate)
    if found is None or not looking.may_hold(found.holder):
        raise CertificateNotFound
    return found


Held = Annotated[Certificate, Depends(held)]


@router.post("", status_code=201)
async def make_a_copy(
    caller: Holder,
    looking: Looking,
    conn: Transaction,
    service: Current,
    certificate: UUID,
    body: CopyRequest,
    key: IdempotencyKey,
) -> CopyView:
    """A copy for one purpose (加注件): marked with it, sealed by the issuer, and good until its last day at most."""
    copy, name = random_id(), f"copy:{certificate}"
    made = await once(conn, caller=caller.sub, operation=name, key=key, body=body, resource=copy)
    if made is None:
        wish = Wish(body.purpose, body.valid_until, by=caller.party)
        desk = Desk(service.signer, service.settings.zone)
        await make_copy(conn, certificate, wish, copy=copy, looking=looking, desk=desk, at=service.clock())
    return await get_copy(await held(caller, looking, conn, certificate), conn, service, made or copy)


@router.get("")
async def list_copies(of: Held, conn: Read, service: Current, limit: Limit = 20, after: After = None) -> Page[CopyView]:
    """The copies that were made of this certificate, newest first: who shows it for what."""
    rows = await queries.list_copies(conn, of.id, limit=limit, after=decode_cursor(after))
    return Page[CopyView].of(
        rows,
        limit=limit,
        show=lambda row: _shown(row, of, service),
        key=lambda row: encode_cursor(row.made_at, row.id),
    )


@router.get("/{copy}")
async def get_copy(of: Held, conn: Read, service: Current, copy: UUID) -> CopyView:
    """What it is for, until when, and whether it may still be used."""
    return _shown(await _find(conn, of, copy), of, service)


@router.get("/{copy}/document")
async def get_copy_document(of: Held, conn: Read, service: Current, copy: UUID) -> Response:
    """The sealed copy `{"copy", "seal"}`, to be handed on byte for byte. None of what has ended."""
    found, today = await _find(conn, of, copy), legal_date(service.clock(), service.settings.zone)
    check_usable(of, valid_until=found.valid_until, day=today)
    headers = {"cache-control": "private, no-store"}
    return Response(copy_file(found.seal), media_type="application/json", headers=headers)


async def _find(conn: Read, of: Certificate, copy: UUID) -> Copy:
    found = await queries.find_copy(conn, copy, of=of.id)
    if found is None:
        raise CopyNotFound
    return found


def _shown(copy: Copy, of: Certificate, service: Current) -> CopyView:
    day = legal_date(service.clock(), service.settings.zone)
    state = "in force" if holds(of, valid_until=copy.valid_until, day=day) else "ended"
    shown = {name: getattr(copy, name) for name in CopyView.model_fields if name != "state"}
    return CopyView.model_validate(shown | {"state": state})

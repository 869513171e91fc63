"""Clients and their keys, as an administrator registers them. `tokens` revokes one: another scope is enough for it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from identity.administration import commands, queries
from identity.administration.schemas import ClientSays, ClientView, Kid, NewKey
from identity.service import Current
from identity.tokens.rules import ClientKind
from shared.administration import Administrator
from shared.database import Read, Transaction
from shared.pagination import After, Limit, Page
from shared.schemas import Code

router = APIRouter(tags=["administration"])


@router.get("/v1/admin/clients")
async def list_clients(
    _: Administrator,
    conn: Read,
    department: Code | None = None,
    kind: ClientKind | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ClientView]:
    """Clients by name, the revoked ones too: of one department, of one kind, or all."""
    rows = await queries.list_clients(conn, department=department, kind=kind, after=after or "", limit=limit)
    return Page[ClientView].of(rows, limit=limit, show=ClientView.of, key=lambda row: str(row.client_id))


@router.get("/v1/admin/clients/{client_id}")
async def get_client(client_id: Code, _: Administrator, conn: Read) -> ClientView:
    """One client, with the names of its keys."""
    return ClientView.of(await queries.get_client(conn, client_id))


@router.put("/v1/admin/clients/{client_id}")
async def put_client(
    client_id: Code,
    body: ClientSays,
    caller: Administrator,
    conn: Transaction,
    service: Current,
    response: Response,
) -> ClientView:
    """Register a client, or change what it may ask for. 201 where it is new, else 200. Its keys are added apart."""
    row, is_new = await commands.put_client(conn, client_id, body.row(), by=caller.sub, at=service.clock())
    response.status_code = 201 if is_new else 200
    return ClientView.of(row)


@router.post("/v1/admin/clients/{client_id}/keys")
async def add_client_key(
    client_id: Code, body: NewKey, caller: Administrator, conn: Transaction, service: Current, response: Response
) -> ClientView:
    """The client may prove itself by this public key, too: 201, or 200 if it could already. Two at most."""
    row, is_new = await commands.add_key(conn, client_id, body.jwk, by=caller.sub, at=service.clock())
    response.status_code = 201 if is_new else 200
    return ClientView.of(row)


@router.delete("/v1/admin/clients/{client_id}/keys/{kid}")
async def remove_client_key(
    client_id: Code,
    kid: Kid,
    caller: Administrator,
    service: Current,
    compromised: Annotated[bool, Query(description="Others may have it: the client's tokens end, too.")] = False,
) -> ClientView:
    """The client cannot prove itself by this key any more."""
    async with service.database.transaction() as conn:
        row = await commands.remove_key(
            conn, client_id, kid, compromised=compromised, by=caller.sub, at=service.clock()
        )
    service.door.look_now()
    return ClientView.of(row)

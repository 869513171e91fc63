"""Clients over HTTP: what those who operate the platform do about them."""

from typing import Annotated

from fastapi import APIRouter

from identity.service import Current
from identity.tokens import commands
from identity.tokens.schemas import Revocation
from shared.auth import Caller, requires
from shared.schemas import Code

router = APIRouter(tags=["clients"])


@router.post("/v1/clients/{client_id}/revocation")
async def revoke_client(
    client_id: Code,
    caller: Annotated[Caller, requires("clients:manage", kinds=("ops",))],
    service: Current,
) -> Revocation:
    """The client gets no token any more, and its connections to the bus are cut. Again: the same answer."""
    async with service.database.transaction() as conn:
        since = await commands.revoke_client(conn, client_id, by=caller.sub, at=service.clock())
    service.door.look_now()
    return Revocation(client_id=client_id, revoked_at=since)

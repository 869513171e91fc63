"""The first administrator: made where the database is, because nobody can be asked for it yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration import queries, rules
from identity.administration.errors import AdministeredAlready, ClientTaken
from identity.tokens.queries import list_administrators, own_administrators
from shared.administration import record_act

BY = "init"


async def begin(conn: AsyncConnection, client_id: str, jwk: Mapping[str, Any], *, at: datetime) -> str:
    """There is a client that may administer the platform, with every right of those who look after it; answers the
    name of its key.

    Refuses where there is one already (AdministeredAlready), which then makes others; a name that is in the books
    (ClientTaken); what is no public key of ours (KeyNotUsable, PrivateKeySent).
    """
    key = rules.public_key(jwk)
    await own_administrators(conn)
    if await list_administrators(conn):
        raise AdministeredAlready
    if await queries.find_client(conn, client_id) is not None:
        raise ClientTaken
    scopes = sorted(rules.SCOPES_OF["ops"])
    values = {"kind": "ops", "department": None, "scopes": scopes, "roles": [], "jwks": {"keys": [key]}}
    await queries.add_client(conn, client_id, values)
    details = {"scopes": [*scopes], "kid": key["kid"]}
    await record_act(conn, "client.registered", subject=client_id, by=BY, at=at, details=details)
    return str(key["kid"])

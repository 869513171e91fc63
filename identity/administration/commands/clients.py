"""Clients are registered with what they may ask for; their public keys are added and removed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration import queries, rules
from identity.administration.commands.officers import check_department
from identity.administration.errors import (
    ClientIsOurs,
    ClientKeyNotFound,
    ClientOfAnother,
    ClientRevoked,
    DepartmentUnknown,
    KeyTaken,
    LastClientKey,
)
from identity.administration.queries import Found
from identity.tokens.commands import check_not_last_administrator
from shared.administration import ADMINISTER, record_act


async def put_client(
    conn: AsyncConnection, client_id: str, says: Mapping[str, Any], *, by: str, at: datetime
) -> tuple[Found, bool]:
    """The client is registered with these rights; answers it, and whether it is new. The same again changes nothing.

    Refuses rights that are not of its kind (ScopesNotForKind), a department that there is not or is no more, another
    kind or department than it had (ClientOfAnother), one that is revoked (ClientRevoked), and to leave the platform
    without an administrator (LastAdministrator). In the books: its rights, as they are from now on.
    """
    rules.check_may_have(says["kind"], scopes=says["scopes"], roles=says["roles"])
    if (says["kind"] == "department") != (says["department"] is not None):
        raise DepartmentUnknown
    await queries.own(conn, f"client:{client_id}")
    if says["department"] is not None:
        await check_department(conn, says["department"])
    before = await queries.find_client(conn, client_id)
    if before is None:
        await queries.add_client(conn, client_id, says)
    else:
        await _check_may_change(conn, before, says)
        await queries.set_client(conn, client_id, {"scopes": says["scopes"], "roles": says["roles"]})
    if rules.changes(before, says):
        act = "client.changed" if before else "client.registered"
        details = {"scopes": says["scopes"], "roles": says["roles"]}
        await record_act(conn, act, subject=client_id, by=by, at=at, details=details)
    return await queries.get_client(conn, client_id), before is None


async def add_key(
    conn: AsyncConnection, client_id: str, jwk: Mapping[str, Any], *, by: str, at: datetime
) -> tuple[Found, bool]:
    """The client may prove itself by this key, too; answers the client, and whether the key is new to it.

    Refuses what is no public key of ours (KeyNotUsable, PrivateKeySent), a key of another client or a name in use
    (KeyTaken), a third one (ClientHasTwoKeys), and a service of ours (ClientIsOurs): it may what nobody is given.
    """
    key = rules.public_key(jwk)
    await queries.own(conn, "keys")  # the same key for two clients at once would be seen by neither
    client = await _outside(conn, client_id)
    if await queries.is_key_of_another(conn, client_id, x=key["x"]):
        raise KeyTaken
    keys = rules.with_key(client.jwks["keys"], key)
    if keys is not None:
        await queries.set_client(conn, client_id, {"jwks": {"keys": keys}})
        await record_act(conn, "client.key-added", subject=client_id, by=by, at=at, details={"kid": key["kid"]})
    return await queries.get_client(conn, client_id), keys is not None


async def remove_key(
    conn: AsyncConnection, client_id: str, kid: str, *, compromised: bool, by: str, at: datetime
) -> Found:
    """The client cannot prove itself by this key any more.

    `compromised`: others may have it, so that the tokens which the client has are refused as well. Refuses a key that
    it does not have (ClientKeyNotFound), to take the only one of a client that is trusted (LastClientKey), and one of
    a service of ours (ClientIsOurs).
    """
    await queries.own(conn, "keys")
    client = await _outside(conn, client_id)
    kept = [key for key in client.jwks["keys"] if key["kid"] != kid]
    if len(kept) == len(client.jwks["keys"]):
        raise ClientKeyNotFound
    if not kept and not compromised:
        raise LastClientKey
    ends = {"refused_before": at} if compromised else {}
    await queries.set_client(conn, client_id, {"jwks": {"keys": kept}, **ends})
    details: dict[str, JsonValue] = {"kid": kid, "compromised": compromised}
    await record_act(conn, "client.key-removed", subject=client_id, by=by, at=at, details=details)
    return await queries.get_client(conn, client_id)


async def _check_may_change(conn: AsyncConnection, before: Found, says: Mapping[str, Any]) -> None:
    if before.revoked_at is not None:
        raise ClientRevoked
    if (before.kind, before.department) != (says["kind"], says["department"]):
        raise ClientOfAnother
    if ADMINISTER in before.scopes and ADMINISTER not in says["scopes"]:
        await check_not_last_administrator(conn, before.client_id)


async def _outside(conn: AsyncConnection, client_id: str) -> Found:
    """The client, if it is in force and none of our services."""
    client = await queries.get_client(conn, client_id)
    if client.kind == "service":
        raise ClientIsOurs
    if client.revoked_at is not None:
        raise ClientRevoked
    return client

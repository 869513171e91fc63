"""Every SQL statement about departments, officers, clients, keys and used tokens, as a named question."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, String, any_, cast, delete, func, literal, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.tokens.model import clients, departments, officers, signing_keys, used_tokens
from identity.tokens.rules import Client, Officer
from shared.administration import ADMINISTER
from shared.auth import Revocations

KeyRow = Row[*tuple[Any, ...]]


async def find_client(conn: AsyncConnection, client_id: str) -> Client | None:
    """The client of this name."""
    return (await find_clients(conn, [client_id])).get(client_id)


async def find_clients(conn: AsyncConnection, client_ids: Collection[str]) -> dict[str, Client]:
    """The clients of these names, by name."""
    rows = await conn.execute(select(clients).where(clients.c.client_id.in_(client_ids)))
    return {
        row.client_id: Client(
            client_id=row.client_id,
            kind=row.kind,
            department=row.department,
            scopes=tuple(row.scopes),
            roles=tuple(row.roles),
            jwks=row.jwks,
            revoked=row.revoked_at is not None,
            refused_before=row.refused_before,
        )
        for row in rows
    }


async def revoke_client(conn: AsyncConnection, client_id: str, *, by: str, at: datetime) -> datetime | None:
    """Since when the client is revoked: from now on, or from earlier. None: there is no such client."""
    mine = clients.c.client_id == client_id
    await conn.execute(
        update(clients).where(mine, clients.c.revoked_at.is_(None)).values({"revoked_at": at, "revoked_by": by})
    )
    return (await conn.execute(select(clients.c.revoked_at).where(mine))).scalar_one_or_none()


async def own_administrators(conn: AsyncConnection) -> None:
    """Nobody becomes or ceases to be an administrator before this transaction ends, but by it."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("administrators", 0))))


async def list_administrators(conn: AsyncConnection) -> list[str]:
    """The clients that may administer the platform now."""
    question = select(clients.c.client_id).where(
        clients.c.kind == "ops", clients.c.revoked_at.is_(None), any_(clients.c.scopes) == ADMINISTER
    )
    return [*await conn.scalars(question.order_by(clients.c.client_id))]


async def find_officer(conn: AsyncConnection, officer: UUID) -> Officer | None:
    """The officer, with where their department is."""
    return (await find_officers(conn, [officer])).get(officer)


async def find_officers(conn: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Officer]:
    """The officers, each with where their department is, by id."""
    question = (
        select(officers, departments.c.region)
        .join(departments, departments.c.code == officers.c.department)
        .where(officers.c.id.in_(ids))
    )
    return {
        row.id: Officer(
            id=row.id,
            department=row.department,
            region=row.region,
            roles=tuple(row.roles),
            dismissed=row.dismissed_at is not None,
        )
        for row in await conn.execute(question)
    }


async def list_revocations(conn: AsyncConnection, *, since: datetime) -> Revocations:
    """Clients revoked or robbed of a key and officers dismissed since then, in one statement, with when each was."""
    at = func.greatest(clients.c.revoked_at, clients.c.refused_before)  # of the two that there are
    revoked = select(literal("client").label("what"), clients.c.client_id.label("who"), at.label("at"))
    dismissed = select(literal("officer"), cast(officers.c.id, String), officers.c.dismissed_at)
    question = union_all(revoked.where(at > since), dismissed.where(officers.c.dismissed_at > since))
    rows = (await conn.execute(question)).all()
    return Revocations(
        clients={row.who: row.at for row in rows if row.what == "client"},
        officers={row.who: row.at for row in rows if row.what == "officer"},
    )


async def put_department(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """The department is as described."""
    row = insert(departments).values(values)
    await conn.execute(row.on_conflict_do_update(index_elements=["code"], set_=dict(values)))


async def put_officer(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """The officer is as described."""
    row = insert(officers).values(values)
    await conn.execute(row.on_conflict_do_update(index_elements=["id"], set_=dict(values)))


async def put_client(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """The client is as described; keys that it had before are gone."""
    row = insert(clients).values(values)
    await conn.execute(row.on_conflict_do_update(index_elements=["client_id"], set_=dict(values)))


async def use_once(conn: AsyncConnection, *, issuer: str, jti: str, expires_at: datetime) -> bool:
    """Whether this token was not used before. Parallel uses wait for one another; one of them is first."""
    row = insert(used_tokens).values(issuer=issuer, jti=jti, expires_at=expires_at)
    first = await conn.execute(row.on_conflict_do_nothing().returning(used_tokens.c.jti))
    return first.first() is not None


async def forget_used(conn: AsyncConnection, *, before: datetime) -> None:
    """Tokens that have expired need not be remembered."""
    await conn.execute(delete(used_tokens).where(used_tokens.c.expires_at < before))


async def list_published_keys(conn: AsyncConnection, *, at: datetime) -> Sequence[KeyRow]:
    """The key that signs, the one to come, and those whose tokens may be in use."""
    question = (
        select(signing_keys.c.kid, signing_keys.c.state, signing_keys.c.public_jwk, signing_keys.c.sealed)
        .where(or_(signing_keys.c.published_until.is_(None), signing_keys.c.published_until > at))
        .order_by(signing_keys.c.state, signing_keys.c.created_at)
    )
    return (await conn.execute(question)).all()


async def lock_keys(conn: AsyncConnection) -> None:
    """One rotation at a time."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("signing-keys", 0))))


async def add_key(
    conn: AsyncConnection, *, kid: str, public_jwk: Mapping[str, Any], sealed: bytes, at: datetime
) -> None:
    """There is a next key; a unique index refuses a second one."""
    row = {"kid": kid, "state": "next", "public_jwk": public_jwk, "sealed": sealed, "created_at": at}
    await conn.execute(insert(signing_keys).values(row))


async def retire_current_key(conn: AsyncConnection, *, published_until: datetime) -> None:
    """No key signs; the one that did stays published until then."""
    retired = {"state": "retired", "published_until": published_until}
    await conn.execute(update(signing_keys).where(signing_keys.c.state == "current").values(retired))


async def promote_next_key(conn: AsyncConnection, *, at: datetime) -> None:
    """The next key signs."""
    current = {"state": "current", "signs_since": at}
    await conn.execute(update(signing_keys).where(signing_keys.c.state == "next").values(current))


async def signs_since(conn: AsyncConnection) -> datetime:
    """Since when the current key signs."""
    since: datetime = (
        await conn.execute(select(signing_keys.c.signs_since).where(signing_keys.c.state == "current"))
    ).scalar_one()
    return since


async def forget_keys(conn: AsyncConnection, *, before: datetime) -> None:
    """Keys that nothing in use was signed with."""
    await conn.execute(delete(signing_keys).where(signing_keys.c.published_until < before))

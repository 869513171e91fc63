"""One request, one act: caller, operation and key point to the body's hash and the resource made."""

from hashlib import sha256
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Header
from pydantic import BaseModel, StringConstraints
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Uuid, func, select
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Invalid

_Key = Annotated[str, StringConstraints(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$")]
_header = Header(alias="Idempotency-Key", description="Your own random text per act. Repeat it to retry safely.")
IdempotencyKey = Annotated[_Key, _header]
# Where the act is the same by itself, when it is asked for again.
OptionalIdempotencyKey = Annotated[_Key | None, _header]


class IdempotencyKeyReused(Invalid):
    code = "idempotency-key-reused"
    title_en = "This Idempotency-Key was used with another body"
    title_zh = "该幂等键已用于不同的请求内容"


def install(metadata: MetaData) -> Table:
    """Declare the table on a service's metadata."""
    return Table(
        "idempotency_keys",
        metadata,
        Column("caller", SqlText, primary_key=True),
        Column("operation", SqlText, primary_key=True),
        Column("key", SqlText, primary_key=True),
        Column("body_hash", LargeBinary, nullable=False),
        Column("resource", Uuid, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


_keys = install(MetaData())


def body_hash(body: BaseModel | None) -> bytes:
    """Two bodies are the same request if they parse to the same values."""
    return sha256(orjson.dumps(body.model_dump(mode="json") if body else None, option=orjson.OPT_SORT_KEYS)).digest()


async def once(
    conn: AsyncConnection, *, caller: str, operation: str, key: str, body: BaseModel | None, resource: UUID
) -> UUID | None:
    """Claim the key for `resource`. None: it is yours, go on. A UUID: the act was done before, this is what it made.

    Parallel duplicates wait here for the first to commit. The same key with another body refuses with 422.
    """
    claim = insert(_keys).values(
        caller=caller, operation=operation, key=key, body_hash=body_hash(body), resource=resource
    )
    if (await conn.execute(claim.on_conflict_do_nothing().returning(_keys.c.key))).first() is not None:
        return None
    return await find_resource(conn, caller=caller, operation=operation, key=key, body=body)


async def find_resource(
    conn: AsyncConnection, *, caller: str, operation: str, key: str, body: BaseModel | None
) -> UUID | None:
    """What this key made, if it was used. For acts that go to the network before their transaction."""
    matches = (_keys.c.caller == caller) & (_keys.c.operation == operation) & (_keys.c.key == key)
    row = (await conn.execute(select(_keys.c.body_hash, _keys.c.resource).where(matches))).first()
    if row is None:
        return None
    if row.body_hash != body_hash(body):
        raise IdempotencyKeyReused
    resource: UUID = row.resource
    return resource

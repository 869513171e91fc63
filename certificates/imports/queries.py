"""Every question that loading asks of the certificates."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.model import Certificate


async def keys_there(conn: AsyncConnection, issuer: str, keys: Sequence[str]) -> set[str]:
    """Which of these keys of its register the department imported before."""
    return set((await conn.execute(_KEYS_THERE, {"issuer": issuer, "keys": list(keys)})).scalars())


async def numbers_there(conn: AsyncConnection, numbers: Sequence[str]) -> set[str]:
    """Which of these numbers a certificate bears."""
    if not numbers:
        return set()
    return set((await conn.execute(_NUMBERS_THERE, {"numbers": list(numbers)})).scalars())


async def add_certificates(conn: AsyncConnection, made: Sequence[Certificate]) -> set[UUID]:
    """The ids of those that are there now: all whose number, whose key of that issuer, and where nobody has two whose

    place no other has.
    """
    told = {name: [getattr(each, name) for each in made] for name in _PLAIN}
    told |= {name: [orjson.dumps(getattr(each, name)).decode() for each in made] for name in _JSON}
    return set((await conn.execute(_ADD, told)).scalars())


_PLAIN = {
    "id": "uuid",
    "number": "text",
    "version": "text",
    "kind": "text",
    "holder": "uuid",
    "region": "text",
    "issuer": "text",
    "issued_on": "date",
    "valid_from": "date",
    "valid_until": "date",
    "state": "text",
    "revision": "integer",
    "status_list": "integer",
    "status_index": "integer",
    "issued_at": "timestamptz",
    "origin": "text",
    "import_id": "uuid",
    "source_key": "text",
    "one_per_holder": "boolean",
    "check_mismatch": "boolean",
    "issuer_mismatch": "boolean",
}
_JSON = ("kind_label", "issuer_name", "claims")
_NAMES = ", ".join((*_PLAIN, *_JSON))
_ARRAYS = ", ".join(f"CAST(:{name} AS {of}[])" for name, of in (_PLAIN | dict.fromkeys(_JSON, "jsonb")).items())
_ADD = text(f"""
INSERT INTO certificates ({_NAMES})
SELECT {_NAMES} FROM unnest({_ARRAYS}) AS new ({_NAMES})
ON CONFLICT DO NOTHING
RETURNING id
""")  # noqa: S608 - names of ours
_NUMBERS_THERE = text("SELECT number FROM certificates WHERE number = ANY (CAST(:numbers AS text[]))")
_KEYS_THERE = text("""
SELECT source_key FROM certificates WHERE issuer = :issuer AND source_key = ANY (CAST(:keys AS text[]))
""")

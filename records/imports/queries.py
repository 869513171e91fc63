"""Every question that loading asks of the records."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing.model import Record


async def keys_there(conn: AsyncConnection, issuer: str, keys: Sequence[str]) -> set[str]:
    """Which of these keys of its register the department imported before."""
    return set((await conn.execute(_KEYS_THERE, {"issuer": issuer, "keys": list(keys)})).scalars())


async def add_records(conn: AsyncConnection, made: Sequence[Record]) -> set[str]:
    """The source keys of those that are there now: all whose key of that issuer no other has."""
    told = {name: [getattr(each, name) for each in made] for name in _PLAIN}
    told["claims"] = [orjson.dumps(each.claims).decode() for each in made]
    return set((await conn.execute(_ADD, told)).scalars())


_PLAIN = {
    "id": "uuid",
    "version": "integer",
    "kind": "text",
    "party": "uuid",
    "region": "text",
    "issuer": "text",
    "as_of": "date",
    "valid_from": "date",
    "valid_until": "date",
    "officer": "text",
    "filed_at": "timestamptz",
    "origin": "text",
    "import_id": "uuid",
    "source_key": "text",
}
_NAMES = ", ".join((*_PLAIN, "claims"))
_ARRAYS = ", ".join(f"CAST(:{name} AS {of}[])" for name, of in (_PLAIN | {"claims": "jsonb"}).items())
_ADD = text(f"""
INSERT INTO records ({_NAMES})
SELECT {_NAMES} FROM unnest({_ARRAYS}) AS new ({_NAMES})
ON CONFLICT DO NOTHING
RETURNING source_key
""")  # noqa: S608 - names of ours
_KEYS_THERE = text("""
SELECT source_key FROM records WHERE issuer = :issuer AND source_key = ANY (CAST(:keys AS text[]))
""")

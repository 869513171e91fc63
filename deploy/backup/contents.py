"""What is in a service's database, counted and digested by the server, so that two databases can be compared."""

import hashlib

import asyncpg

from deploy.backup.manifest import Contents, Head, Table

# A digest is over rows as text, which these decide. Long statements and pauses are the nature of the work.
_SESSION = """
SET statement_timeout = 0; SET transaction_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
SET extra_float_digits = 1; SET search_path = public
"""


async def connect(url: str) -> asyncpg.Connection:
    """A connection on which contents can be read."""
    conn = await asyncpg.connect(url)
    await conn.execute(_SESSION)
    return conn


async def contents_of(conn: asyncpg.Connection) -> Contents:
    """Every table of the database as this connection's transaction sees it."""
    tables = {row["name"]: await _digest(conn, row["quoted"]) for row in await conn.fetch(_TABLES)}
    heads = {
        row["topic"]: Head(sequence=row["sequence"], position=row["position"], hash=row["hash"].hex())
        for row in await conn.fetch("SELECT topic, sequence, position, hash FROM topic_heads ORDER BY topic")
    }
    return Contents(
        revision=await conn.fetchval("SELECT version_num FROM alembic_version"),
        server_version=int(await conn.fetchval("SHOW server_version_num")),
        tables=tables,
        last_position=await conn.fetchval("SELECT last_position FROM relay_state"),
        heads=heads,
    )


async def is_empty(conn: asyncpg.Connection) -> bool:
    """Whether nobody has made a table here yet."""
    return not await conn.fetch(_TABLES)


async def _digest(conn: asyncpg.Connection, quoted: str) -> Table:
    """Sums of the halves of each row's hash: the order of rows does not matter, one of two equal rows does."""
    row = await conn.fetchrow(_DIGEST.format(table=quoted))
    digest = hashlib.sha256(f"{row['rows']}:{row['first']}:{row['second']}".encode())
    return Table(rows=row["rows"], digest=digest.hexdigest())


_TABLES = """
SELECT relname AS name, quote_ident(relname) AS quoted FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""
_DIGEST = """
SELECT count(*) AS rows, coalesce(sum(('x' || substr(hash, 1, 16))::bit(64)::bigint::numeric), 0)::text AS first,
       coalesce(sum(('x' || substr(hash, 17, 16))::bit(64)::bigint::numeric), 0)::text AS second
FROM (SELECT encode(sha256(convert_to(each::text, 'UTF8')), 'hex') AS hash FROM {table} AS each) AS hashed
"""

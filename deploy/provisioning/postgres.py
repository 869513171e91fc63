"""Roles and databases of the cluster: one database and two roles per service.

The owner makes the tables; the service only reads and writes rows. No role reaches another service's database.
"""

import re
from collections.abc import Sequence

import asyncpg
from sqlalchemy import make_url

from shared.servers import Servers

_SSL = re.compile(r"\bssl=")
# Also on a server that is not set so: nothing waits for ever. Above all, a process that is stopped in the middle of a
# transaction keeps its locks no longer than this, among them the lease that another would take over.
SERVICE_SETTINGS = (
    "idle_in_transaction_session_timeout = '15s'",
    "transaction_timeout = '30s'",
    "statement_timeout = '10s'",
    "lock_timeout = '3s'",
)
# Migrations may take long and wait for locks; requests may not.
OWNER_SETTINGS = ("statement_timeout = 0", "transaction_timeout = 0", "lock_timeout = '60s'")


def owner_of(service: str) -> str:
    """The role that owns the tables of a service and migrates them."""
    return f"{service}_owner"


def settings_of(service: str) -> dict[str, tuple[str, ...]]:
    """How long each of its two roles waits, wherever the server is."""
    return {owner_of(service): OWNER_SETTINGS, service: SERVICE_SETTINGS}


async def provision(superuser_url: str, services: Sequence[str], *, passwords: dict[str, str]) -> None:
    """Every role and database exists, with the given passwords; what exists already is left as it is."""
    conn = await Servers(superuser_url).connect()
    try:
        for service in services:
            for role in (owner_of(service), service):
                await create_role(conn, role, passwords[role])
            for role, settings in settings_of(service).items():
                for setting in settings:
                    await conn.execute(f'ALTER ROLE "{role}" SET {setting}')
            await create_database(conn, service, owner=owner_of(service))
    finally:
        await conn.close()
    for service in services:
        await grant_rows(superuser_url, service, owner=owner_of(service), role=service)


async def create_role(conn: asyncpg.Connection, role: str, password: str) -> None:
    """The login role exists and has this password; it may neither create databases nor roles."""
    exists = await conn.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    # A utility statement takes no parameters; PostgreSQL itself quotes the password.
    options = f"LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {await conn.fetchval('SELECT quote_literal($1)', password)}"
    await conn.execute(f'{verb} ROLE "{role}" {options}')


async def create_database(conn: asyncpg.Connection, name: str, *, owner: str) -> None:
    """The database exists and only its owner and those it admits may connect."""
    if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        return
    await conn.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
    await conn.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')


async def grant_rows(superuser_url: str, database: str, *, owner: str, role: str) -> None:
    """`role` may use, not change, every table that `owner` makes in the database from now on."""
    conn = await Servers(in_database(superuser_url, database)).connect()
    try:
        for statement in row_grants(database, owner=owner, role=role):
            await conn.execute(statement)
    finally:
        await conn.close()


def row_grants(database: str, *, owner: str, role: str) -> list[str]:
    """What is said inside a database, so that `role` may use every table of `owner` and change none."""
    defaults = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public'
    return [
        f'GRANT CONNECT ON DATABASE "{database}" TO "{role}"',
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
        f'{defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}"',
        f'{defaults} GRANT USAGE, SELECT ON SEQUENCES TO "{role}"',
    ]


def plain(url: str) -> str:
    """The URL as asyncpg itself reads it; SQLAlchemy calls libpq's `sslmode` by another name."""
    address, _, query = url.replace("postgresql+asyncpg://", "postgresql://", 1).partition("?")
    return f"{address}?{_SSL.sub('sslmode=', query)}" if query else address


def in_database(url: str, database: str) -> str:
    """The same server and role, another database."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def as_role(url: str, role: str, password: str) -> str:
    """The same server and database, another role."""
    return make_url(url).set(username=role, password=password).render_as_string(hide_password=False)

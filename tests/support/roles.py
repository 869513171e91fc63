"""The two roles of every test database: the owner makes tables, the service reads and writes rows, as in production."""

import asyncpg

from deploy.provisioning.postgres import SERVICE_SETTINGS, as_role, create_role, plain

OWNER = "tests_owner"
SERVICE = "tests_service"
PASSWORD = "tests-on-loopback"


async def create_roles(superuser_url: str) -> None:
    """Both roles exist on the server."""
    conn = await asyncpg.connect(plain(superuser_url))
    try:
        for role in (OWNER, SERVICE):
            await create_role(conn, role, PASSWORD)
        for setting in ("statement_timeout", "transaction_timeout", "lock_timeout"):
            await conn.execute(f'ALTER ROLE "{OWNER}" SET {setting} = 0')
        for setting in SERVICE_SETTINGS:
            await conn.execute(f'ALTER ROLE "{SERVICE}" SET {setting}')
    finally:
        await conn.close()


def as_owner(url: str) -> str:
    """The same database as the role that owns its tables, for the rare test that must change them."""
    return as_role(url, OWNER, PASSWORD)


def as_service(url: str) -> str:
    """The same database as the role of a running service."""
    return as_role(url, SERVICE, PASSWORD)

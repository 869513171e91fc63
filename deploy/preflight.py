"""What must hold before a service starts outside the embedded profile: a service that would only half work does not.

Each refusal is one line that says what to do. A bus that is away is no reason: events wait for it in the database.
"""

import asyncio

import asyncpg
import nats.errors
from nats.aio.client import Client
from sqlalchemy import make_url

from deploy.migration import revisions_of
from deploy.provisioning.postgres import plain
from shared.errors import CannotStart
from shared.settings import ServiceSettings

CONNECT_SECONDS = 10
OLDEST_POSTGRES, OLDEST_BUS = 17, (2, 12)
# A commit that a power cut undoes would be an event without its row.
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


async def check(service: str, settings: ServiceSettings) -> None:
    """The database and the bus are fit for this version of the service; `CannotStart` says what is not."""
    if (address := settings.database_address()) is not None:
        await _check_database(service, address)
    if settings.nats_url is not None:
        await _check_bus(settings.nats_url, settings)


async def _check_database(service: str, address: str) -> None:
    role = make_url(address).username
    try:
        conn = await asyncpg.connect(plain(address), timeout=CONNECT_SECONDS)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        raise CannotStart(f"the database refuses the password of {role}: ONEVISIT_DATABASE_PASSWORD") from None
    except asyncpg.InvalidCatalogNameError:
        raise CannotStart("there is no such database: ONEVISIT_DATABASE_URL, or run `onevisit provision`") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CannotStart(f"the database cannot be reached ({type(error).__name__}): ONEVISIT_DATABASE_URL") from None
    try:
        await _check_role(conn, role)
        await _check_revision(conn, service)
        await _check_server(conn)
    finally:
        await conn.close()


async def _check_server(conn: asyncpg.Connection) -> None:
    version = conn.get_server_version().major
    if version < OLDEST_POSTGRES:
        raise CannotStart(f"PostgreSQL {version} is too old: {OLDEST_POSTGRES} or newer is needed")
    for setting in _DURABLE:
        if await conn.fetchval("SELECT current_setting($1)", setting) == "off":
            raise CannotStart(f"the database does not keep what it has answered: set {setting} = on")


async def _check_role(conn: asyncpg.Connection, role: str | None) -> None:
    mighty = await conn.fetchval("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    owns = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relowner = current_user::regrole"
        " AND relnamespace = 'public'::regnamespace)"
    )
    if mighty or owns:
        raise CannotStart(f"{role} may change tables: connect as the service's own role, not as its owner or superuser")


async def _check_revision(conn: asyncpg.Connection, service: str) -> None:
    script = revisions_of(service)
    try:
        found = await conn.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    wanted = script.get_current_head()
    if found == wanted:
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if found is None or found in known:
        raise CannotStart(f"the database is at revision {found}, behind {wanted}: run `onevisit migrate`")
    raise CannotStart(f"the database is at revision {found}, ahead of {wanted}: run the version that migrated it")


async def _check_bus(url: str, settings: ServiceSettings) -> None:
    client, refusals = Client(), list[Exception]()

    async def note(error: Exception) -> None:
        refusals.append(error)

    password = settings.nats_password.get_secret_value() if settings.nats_password else None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(
                url,
                user=settings.nats_user,
                password=password,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                connect_timeout=5,
                error_cb=note,
            )
    except (nats.errors.Error, OSError, TimeoutError):
        if any("authorization" in str(refusal).lower() for refusal in refusals):
            raise CannotStart(f"the bus refuses the password of {settings.nats_user}: ONEVISIT_NATS_PASSWORD") from None
        return
    version = client.connected_server_version
    await client.close()
    if (version.major, version.minor) < OLDEST_BUS:
        raise CannotStart(f"nats-server {version.major}.{version.minor} is too old: 2.12 or newer is needed")

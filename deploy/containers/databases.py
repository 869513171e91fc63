"""What must be done to the databases before the services start, each step as a program that ends. Safe to repeat."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TypeVar

import asyncpg
from pydantic import ValidationError

from deploy.embedded import seeding
from deploy.embedded.errors import LaunchError
from deploy.migration import migrate
from deploy.provisioning.postgres import provision
from identity import bootstrap
from licensing.catalogue.queries import find_current_number
from licensing.settings import LicensingSettings
from shared.database import Database
from shared.settings import refusal_of

Result = TypeVar("Result")


async def provisioned(superuser_url: str, services: Sequence[str], *, passwords: dict[str, str]) -> None:
    """Every role and database exists, with these passwords."""
    await _reaching("PostgreSQL", lambda: provision(superuser_url, services, passwords=passwords))


async def migrated(owners: Mapping[str, str]) -> dict[str, str | None]:
    """Every database is at its newest revision; answers which that is."""
    heads: dict[str, str | None] = {}
    for service, url in owners.items():

        async def bring_up(service: str = service, url: str = url) -> str | None:
            return await migrate(service, url)

        heads[service] = await _reaching(f"The database of {service}", bring_up)
    return heads


async def first_knowledge(service: str, document: object | None) -> dict[str, str]:
    """The service knows what it needs on its first day; answers what it was told."""
    try:
        match service:
            case "identity":
                return await _reaching("The database of identity", lambda: _identity(document))
            case "licensing":
                return await _reaching("The database of licensing", _licensing)
    except ValidationError as error:
        raise LaunchError(f"{service}: {refusal_of(error)}") from None
    raise LaunchError(f"{service} needs nothing; identity and licensing do")


async def _identity(document: object | None) -> dict[str, str]:
    if document is None:
        raise LaunchError("Name the document that says what identity is to know (bootstrap.json)")
    people = await bootstrap.main(document)
    return {"told": "knows what is in the document", **{name: str(party) for name, party in people.items()}}


async def _licensing() -> dict[str, str]:
    address = LicensingSettings().database_address()
    if address is None:
        raise LaunchError("Set ONEVISIT_DATABASE_URL to the database of licensing")
    database = Database(address, pool_size=2)
    try:
        async with database.transaction() as conn:
            if number := await find_current_number(conn):
                return {"told": f"has a catalogue, release {number}"}
            await seeding.publish_shipped(conn)
            return {"told": "published the catalogue that ships"}
    finally:
        await database.close()


async def _reaching(what: str, work: Callable[[], Coroutine[object, object, Result]]) -> Result:
    """What keeps us from a database is one line."""
    try:
        async with asyncio.timeout(600):
            return await work()
    except asyncpg.InvalidPasswordError:
        raise LaunchError(f"{what} refuses the password") from None
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError) as error:
        raise LaunchError(f"{what} cannot be reached ({type(error).__name__})") from None
    except asyncpg.InvalidCatalogNameError:
        raise LaunchError(f"{what} does not exist; make it with: onevisit provision") from None

"""What must be true before the first service starts: roles, databases, tables, and the demonstration's seed.

Runs in a fork of its own, so that no connection and no event loop is left in the supervisor.
"""

import asyncio
import sys

from deploy import services
from deploy.embedded import seeding
from deploy.embedded.environment import Addresses, owner_url, password_names, settings_for
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home
from deploy.embedded.postgres import SUPERUSER, database_url
from deploy.embedded.seed import seed
from deploy.migration import migrate
from deploy.provisioning.postgres import provision


async def prepare(home: Home, addresses: Addresses) -> None:
    """Every database is at its newest revision, and the demonstration's people and catalogue are in."""
    document = seed(home)
    passwords = home.passwords(password_names())
    superuser = database_url(SUPERUSER, passwords["postgres"], port=addresses.postgres, database="postgres")
    await provision(superuser, services.WITH_DATABASE, passwords=passwords)
    for service in services.WITH_DATABASE:
        await migrate(service, owner_url(home, addresses, service))
    await seeding.load_people(settings_for(home, addresses, "identity"), document)
    await seeding.load_licensing(settings_for(home, addresses, "licensing"))


def main(home: Home, addresses: Addresses) -> None:
    """Prepare, or leave with one line that says why not."""
    try:
        asyncio.run(prepare(home, addresses))
    except LaunchError as error:
        sys.exit(str(error))

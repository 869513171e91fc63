"""What must be true before the first service starts: roles, databases, tables, and the demonstration's seed.

Runs as a process of its own, `python -m deploy.embedded.prepare PORTS-AS-JSON DATA-DIR`, so that the supervisor stays
small.
"""

import asyncio
import json
import sys
from pathlib import Path

from deploy import services
from deploy.embedded import seeding
from deploy.embedded.environment import Addresses, owner_url, password_names, settings_for
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home
from deploy.embedded.postgres import SUPERUSER, database_url
from deploy.embedded.provision import provision
from deploy.embedded.seed import seed
from deploy.migration import migrate


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


def main() -> None:
    """Prepare the platform of a data directory."""
    addresses = Addresses(**json.loads(sys.argv[1]))
    try:
        asyncio.run(prepare(Home(Path(sys.argv[2])), addresses))
    except LaunchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

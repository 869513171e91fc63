"""Rotates the signing keys now: `python -m identity.rotation`. For a key that may have been seen; else time does it."""

import asyncio

from identity.settings import IdentitySettings
from identity.tokens.commands import rotate_keys
from shared.clock import now
from shared.database import Database


async def main() -> None:
    """The next key signs in the database that the settings name."""
    settings = IdentitySettings()
    address = settings.database_address()
    assert address is not None, "set ONEVISIT_DATABASE_URL"
    database = Database(address, pool_size=2)
    try:
        async with database.transaction() as conn:
            await rotate_keys(conn, settings.vault(), at=now())
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())

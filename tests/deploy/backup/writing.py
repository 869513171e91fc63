"""Short ways to have a service publish events, and to see what its database holds."""

from collections.abc import Mapping
from uuid import uuid4

from deploy.backup.contents import connect, contents_of
from deploy.backup.manifest import Contents
from shared.database import Database
from shared.messaging.lease import acquire
from shared.messaging.numbering import number_pending
from tests.shared.messaging.events import take_note


async def note(url: str, *, numbered: int, pending: int) -> None:
    """A service has published so many events, and recorded so many more."""
    database = Database(url, pool_size=2)
    try:
        lease = await acquire(database, "relay")
        assert lease is not None
        for count, number in ((numbered, True), (pending, False)):
            for version in range(1, count + 1):
                async with database.transaction() as conn:
                    await take_note(conn, uuid4(), version=version, kind=f"kind-{version % 3}")
            if number:
                await number_pending(database, lease)
        await lease.release(database)
    finally:
        await database.close()


async def contents(urls: Mapping[str, str]) -> dict[str, Contents]:
    found = {}
    for service, url in urls.items():
        conn = await connect(url)
        found[service] = await contents_of(conn)
        await conn.close()
    return found

"""A worker as a service runs it: `relay` publishes what the API commits, `consumer` reacts in a database of its own.

`python -m tests.faults.worker relay|consumer` with a service's settings in the environment.
"""

import asyncio
import sys

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.logging import configure
from shared.messaging.envelope import Event
from shared.messaging.reaction import Reaction
from shared.messaging.runtime import MessagingRuntime
from shared.settings import ServiceSettings
from tests.faults.facts import READER, SERVICE, FactNoted, effects


async def note(conn: AsyncConnection, event: Event[FactNoted], _: None) -> None:
    """The effect: one row per event."""
    row = {"value": event.data.value, "entity": event.subject, "version": event.entityversion}
    await conn.execute(insert(effects).values(row))


async def main() -> None:
    """Run until killed."""
    settings = ServiceSettings()
    service = {"relay": SERVICE, "consumer": READER}[sys.argv[1]]
    configure(service=service, level="INFO")
    assert settings.database_url is not None
    runtime = MessagingRuntime(service, Database(settings.database_url.get_secret_value()), settings)
    if service == READER:
        runtime.subscribe("effects", [Reaction(FactNoted, note)])
    async with runtime.running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

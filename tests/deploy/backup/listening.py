"""What must be the same on a platform and on the one that was restored from its backup, and who listens to both."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.backup.manifest import Contents
from deploy.demo.api import Api
from deploy.demo.story import a_recent_day, register_birth
from deploy.embedded import seed
from deploy.world import World
from onevisit_client import ClientCredentials, Event, SqliteInbox, Subscriber, reconcile
from onevisit_client import Platform as Client

BIRTHS = "evt.record.filed.birth-record.33.>"
READER = "health-commission"
A_MOTHER = "founder"
# Who leads, how far the bus is known to hold the log, what is due when, with which tokens services came: about now.
# And each start of a demonstration enrols the cards of its people.
ABOUT_NOW = {"leases", "relay_state", "timers", "used_tokens", "cards"}


async def birth(directory: Path) -> str:
    """A birth is registered; answers whose."""
    async with World.open(directory) as world:
        return await register_birth(Api(world), a_recent_day(), of=A_MOTHER)


async def hear(directory: Path, inbox_file: Path, *, until: Callable[[list[str]], bool]) -> list[str]:
    """A department's program runs until it has heard enough; answers whose births it was told of, then proves all."""
    heard: list[str] = []

    async def note(event: Event) -> None:
        heard.append(str(event.data["party"]))

    async with World.open(directory) as world, SqliteInbox(inbox_file) as inbox:
        key = ClientCredentials(READER, world.home.client_key(READER), str(seed.officer_id(READER)))
        async with Client(world.gateway, key, trust_env=world.is_elsewhere) as client:
            subscriber = Subscriber(client, "restored", [BIRTHS], inbox, via="bus", reconcile_seconds=1)
            running = asyncio.create_task(subscriber.run(note))
            async with asyncio.timeout(60):
                while not until(heard):  # noqa: ASYNC110 - what is waited for happens in another process
                    await asyncio.sleep(0.05)
            await subscriber.stop()
            await running
            report = await reconcile(client, [BIRTHS], inbox, note)
    assert (report.complete, report.gaps, report.alarms) == (True, [], [])
    return heard


def lasting(contents: Mapping[str, Contents]) -> dict[str, object]:
    """All that must not change by being restored and started."""
    return {
        f"{service}.{name}": table
        for service, held in contents.items()
        for name, table in held.tables.items()
        if name not in ABOUT_NOW
    } | {f"{service} heads": held.heads for service, held in contents.items()}


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """The names of what is not the same."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}

"""Files what the demonstration's departments already held, through the public API."""

import asyncio

from deploy.demo.api import Api
from deploy.demo.background import file_background
from deploy.embedded.home import Home
from deploy.world import World


async def file_once(home: Home) -> None:
    """The people of the demonstration have a past. Safe to repeat after a failure half-way."""
    async with World.open(home.directory, even_starting=True) as world:
        await file_background(Api(world))
    home.filed.touch()


def main(home: Home) -> None:
    """File it, in a process of its own."""
    asyncio.run(file_once(home))

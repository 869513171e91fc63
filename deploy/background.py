"""Files what the demonstration's departments already held, through the public API: `python -m ... DATA-DIR`."""

import asyncio
import sys
from pathlib import Path

from deploy.demo.api import Api
from deploy.demo.background import file_background
from deploy.embedded.home import Home
from deploy.world import World


async def file_once(home: Home) -> None:
    """The people of the demonstration have a past. Safe to repeat after a failure half-way."""
    async with World.open(home.directory, even_starting=True) as world:
        await file_background(Api(world))
    home.filed.touch()


if __name__ == "__main__":
    asyncio.run(file_once(Home(Path(sys.argv[1]))))

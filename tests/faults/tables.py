"""The tables of a run, made as its one role."""

from sqlalchemy import MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine

from shared.servers import Servers


async def create(url: str, metadata: MetaData) -> None:
    """They exist, with the functions and triggers of messaging."""
    engine = create_async_engine(url, poolclass=pool.NullPool, async_creator=Servers(url).connect)
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    await engine.dispose()

"""What the certificates service shows of its seals, as metrics: until when each is good."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import Gauge

from certificates.sealing.directory import SealDirectory
from certificates.sealing.keys import endings
from shared.background import running
from shared.cancellation import going_on

MEASURE_SECONDS = 60.0

ENDS = Gauge(
    "onevisit_seal_end_timestamp_seconds",
    "When the root, the list of revoked seals, or the present seal of a holder ends",
    ["what"],
)


@asynccontextmanager
async def measured(seals: Path) -> AsyncGenerator[None]:
    """Read from the key directory every minute while the block runs."""

    async def measure() -> None:
        while going_on():
            found = await asyncio.to_thread(endings, SealDirectory(seals))
            ENDS.clear()
            for ending in found:
                ENDS.labels(ending.what).set(ending.at.timestamp())
            await asyncio.sleep(MEASURE_SECONDS)

    async with running({"measures": measure}):
        yield

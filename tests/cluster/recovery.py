"""How long it took until things went on: looked at from outside, several times a second."""

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import asyncpg

from shared.servers import Servers

EVERY_SECONDS = 0.1
ANSWER_SECONDS = 2.0
_ASKED = "SELECT last_position, published_through FROM relay_state"


class Sample(NamedTuple):
    """How far the log and the stream were; `received`: how many effects the platform's subscriber had had."""

    at: float
    logged: int
    published: int
    received: int


class Watch:
    """Samples while the load lasts, in a thread of its own."""

    def __init__(self, *, log: str, effects: str) -> None:
        self.samples: list[Sample] = []
        self._log, self._effects = Servers(log), Servers(effects)
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(timeout=30)

    async def _watch(self) -> None:
        while not self._over.is_set():
            try:
                await self._look_on()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(EVERY_SECONDS)

    async def _look_on(self) -> None:
        log = await self._log.connect()
        try:
            effects = await self._effects.connect()
            try:
                while not self._over.is_set():
                    async with asyncio.timeout(ANSWER_SECONDS):
                        logged, published = await log.fetchrow(_ASKED)
                        received = await effects.fetchval("SELECT count(*) FROM effects")
                    self.samples.append(Sample(time.time(), logged, published, received))
                    await asyncio.sleep(EVERY_SECONDS)
            finally:
                effects.terminate()
        finally:
            log.terminate()


@dataclass(frozen=True)
class Recovery:
    """Seconds from a kill until something that came after it was done; None where nothing was."""

    acknowledged: float | None
    published: float | None
    received: float | None


def recovery(killed_at: float, *, journal: Path, samples: Sequence[Sample]) -> Recovery:
    """Until an order given after the kill was acknowledged, an event logged after it was in the stream, and one was
    at a subscriber.
    """
    before = [sample for sample in samples if sample.at <= killed_at]
    after = [sample for sample in samples if sample.at > killed_at]
    known = before[-1].logged if before else 0
    return Recovery(
        acknowledged=since(killed_at, first_acknowledged(journal, killed_at)),
        published=since(killed_at, next((each.at for each in after if each.published > known), None)),
        received=since(killed_at, next((each.at for each in after if each.received > known), None)),
    )


def first_acknowledged(journal: Path, killed_at: float) -> float | None:
    """When the first act was acknowledged that was ordered after the kill."""
    ordered: set[object] = set()
    for line in journal.read_text().splitlines():
        said = json.loads(line)
        if "ordered" in said:
            if said["at"] > killed_at:
                ordered.add(said["ordered"]["operation"])
        elif said["outcome"] == "committed" and said["operation"] in ordered:
            return float(said["at"])
    return None


def since(begun: float, ended: float | None) -> float | None:
    """Seconds between, to a tenth."""
    return None if ended is None else round(ended - begun, 1)

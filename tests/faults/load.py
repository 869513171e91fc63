"""The callers of the API: so many orders a second, and a journal of what each was told. The journal is the truth.

`python -m tests.faults.load` with FAULTS_LOAD in the environment. It shares no code with the platform.
"""

import asyncio
import json
import os
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

CALLERS = 32
SLOW_CALLERS = 8
SLOW_SECONDS = 30.0
ROLLED_BACK = 0.2
SEVERAL_EVENTS = 0.1
ANSWER_SECONDS = 40.0
# A slot that nobody could take for so long is given up: the rate is a target, not a debt.
LATE_SECONDS = 1.0


class Callers:
    """All callers of one run; `number` makes every order unique."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._port: int = told["port"]
        self._entities: list[str] = told["entities"]
        self._seconds: float = told["seconds"]
        # Of the orders a fifth is rolled back; the rate counts those that are not.
        self._interval: float = (1 - ROLLED_BACK) / told["rate"]
        self._random = random.Random(told["seed"])
        self._journal = Path(told["journal"]).open("a", buffering=1)  # noqa: SIM115 - open as long as the process
        self._started = time.monotonic()
        self._number = 0
        self._slot = 0
        self._held: set[str] = set()

    async def run(self) -> None:
        """Until the time is over and everything under way has an outcome."""
        fast = [self._call_often() for _ in range(CALLERS)]
        slow = [self._call_slowly() for _ in range(SLOW_CALLERS)]
        await asyncio.gather(*fast, *slow)

    @property
    def _now(self) -> float:
        return time.monotonic() - self._started

    async def _call_often(self) -> None:
        line = Line(self._port)
        while (due := self._take_slot()) < self._seconds:
            await asyncio.sleep(max(0.0, due - self._now))
            several = self._random.random() < SEVERAL_EVENTS
            await self._order(line, self._choose(self._random.randint(2, 4) if several else 1), open_seconds=0.0)
        line.hang_up()

    def _take_slot(self) -> float:
        self._slot = max(self._slot + 1, int((self._now - LATE_SECONDS) / self._interval))
        return self._slot * self._interval

    async def _call_slowly(self) -> None:
        """Transactions that commit long after their events were recorded; some are ended by the server's limit."""
        line = Line(self._port)
        while True:
            open_seconds = self._random.uniform(0.0, SLOW_SECONDS + 0.5)
            if self._now + open_seconds > self._seconds:
                break
            entities = self._choose(self._random.randint(1, 3))
            self._held.update(entities)
            await self._order(line, entities, open_seconds=open_seconds)
            self._held.difference_update(entities)
        line.hang_up()

    def _choose(self, count: int) -> list[str]:
        # In one order everywhere, so that no two wait for each other; mostly none that a slow one holds.
        chosen = self._random.sample(self._entities, count)
        if self._random.random() > 0.02:
            chosen = [entity for entity in chosen if entity not in self._held] or chosen[:1]
        twice = chosen[:1] if count > 2 else []
        return sorted([*chosen, *twice])

    async def _order(self, line: "Line", entities: list[str], *, open_seconds: float) -> None:
        self._number += 1
        order = {
            "operation": self._number,
            "entities": entities,
            "open_seconds": round(open_seconds, 3),
            "roll_back": self._random.random() < ROLLED_BACK,
        }
        self._note(ordered=order)
        answer = await line.ask(order)
        self._note(operation=order["operation"], **answer)
        if answer["outcome"] == "unknown":
            await asyncio.sleep(0.5)

    def _note(self, **said: object) -> None:
        self._journal.write(json.dumps({"at": round(time.time(), 3), **said}) + "\n")


class Line:
    """A connection to the API; whatever goes wrong on it leaves the outcome unknown."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """The answer, or that there was none."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._ends is None:
                    self._ends = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
                reader, writer = self._ends
                writer.write(json.dumps(order).encode() + b"\n")
                answer: dict[str, Any] = json.loads(await reader.readuntil(b"\n"))
                return answer
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.hang_up()
            return {"outcome": "unknown", "error": type(error).__name__}

    def hang_up(self) -> None:
        """The next order needs a new connection."""
        if self._ends is not None:
            with suppress(OSError):
                self._ends[1].close()
        self._ends = None


if __name__ == "__main__":
    asyncio.run(Callers(json.loads(os.environ["FAULTS_LOAD"])).run())

"""One run of the whole platform: people apply, two machines die, all catches up, and the books are read."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.demo.api import Api
from deploy.demo.background import file_background
from deploy.world import World
from tests.cluster import books
from tests.cluster.applying import APPLICANTS, Applicants
from tests.cluster.audit import Books
from tests.cluster.platform import Platform
from tests.cluster.recovery import first_acknowledged, since
from tests.faults.machines import Program

CATCH_UP_SECONDS = 120.0
BUS_AWAY_SECONDS, DATABASE_AWAY_SECONDS = 15.0, 40.0


@dataclass(frozen=True)
class Kill:
    """Who was gone at which time, and how long until things went on."""

    victim: str
    at: float


@dataclass
class ApplicationsRun:
    """The platform, the people, the department and the killer."""

    directory: Path
    rate: float
    seconds: float
    tell: Callable[[str], None]
    kills: list[Kill] = field(default_factory=list)
    applicants: Applicants | None = None

    def __post_init__(self) -> None:
        self.platform = Platform(self.directory)
        self.journal, self.store = self.directory / "journal.jsonl", self.directory / "department.sqlite"
        told = json.dumps({"keys": str(self.platform.keys), "store": str(self.store)})
        self.department = Program("department", ["tests.cluster.receiver"], self._environment(told), self.directory)

    def _environment(self, told: str) -> dict[str, str]:
        return {"FAULTS_DEPARTMENT": told, "SSL_CERT_FILE": str(self.platform.trusted)}

    def start(self) -> None:
        """The platform is up, and the department listens."""
        self.platform.start()
        os.environ["SSL_CERT_FILE"] = str(self.platform.trusted)
        self.department.start()

    def endure(self) -> float | None:
        """Load and kills from beginning to end; then how many seconds after it all had caught up, if it did."""
        killer = threading.Thread(target=self._kill_both)
        asyncio.run(self._load(killer))
        killer.join()
        begun = time.monotonic()
        while (late := time.monotonic() - begun) < CATCH_UP_SECONDS:
            if books.backlog(self.platform)[0] == 0 and self._department_has_all():
                return late
            time.sleep(1)
        return None

    async def _load(self, killer: threading.Thread) -> None:
        async with World.open(self.platform.keys) as world:
            await file_background(Api(world))
            for name in APPLICANTS:
                await world.token(name)
            self.applicants = Applicants(world, self.journal, rate=self.rate, seconds=self.seconds)
            killer.start()
            await self.applicants.run()

    def _kill_both(self) -> None:
        time.sleep(self.seconds / 6)
        self._kill(self.platform.stream_leader(), away=BUS_AWAY_SECONDS)
        time.sleep(self.seconds / 6)
        self._kill(self.platform.primary(), away=DATABASE_AWAY_SECONDS)

    def _kill(self, victim: str, *, away: float) -> None:
        self.platform.project.kill(victim)
        self.kills.append(Kill(victim, time.time()))
        self.tell(f"kill -9 of {victim}")
        time.sleep(away)
        self.platform.project.start(victim)
        self.tell(f"{victim} is started again")

    def _department_has_all(self) -> bool:
        (wanted,) = self.platform.rows("licensing", _RECEIVED)
        return len(books.applied(self.store)) >= int(wanted)

    def recoveries(self) -> dict[str, dict[str, float | None]]:
        """Seconds from each kill until an application made after it was acknowledged, and an event that happened
        after it was at the department.
        """
        received = [at for _, at in books.applied(self.store)]
        return {
            kill.victim: {
                "acknowledged": since(kill.at, first_acknowledged(self.journal, kill.at)),
                "received": since(kill.at, next((at for at in received if at > kill.at + 1), None)),
            }
            for kill in self.kills
        }

    def was_a_test(self) -> bool:
        """Both were killed, people applied, and the department heard of it."""
        return len(self.kills) == 2 and bool(books.applied(self.store))

    def mistakes(self) -> int:
        """Answers that say neither yes nor not now, and people who gave up."""
        assert self.applicants is not None
        ours = (count for what, count in self.applicants.answers.items() if what.startswith("500"))
        return self.applicants.gave_up + sum(ours)

    def read(self) -> Books:
        """What is to be judged."""
        self.department.kill()
        return asyncio.run(books.read(self.platform, self.store))

    def close(self) -> None:
        """Nothing runs any more; what the containers said is kept."""
        self.department.kill()
        try:
            (self.directory / "containers.log").write_text(self.platform.project.logs())
        finally:
            self.platform.stop()


_RECEIVED = (
    "SELECT to_json(count(*)) FROM event_log WHERE topic LIKE 'evt.case.received.social-security-card-reissue.33.%'"
)


def summary(run: ApplicationsRun) -> dict[str, Any]:
    """How much was done, and what was answered on the way."""
    assert run.applicants is not None
    return {"gave up": run.applicants.gave_up, **dict(sorted(run.applicants.answers.items()))}

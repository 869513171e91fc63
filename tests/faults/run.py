"""One run: start everything, load it, break it, wait until all have caught up, and gather what is left."""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.embedded import ports
from deploy.provisioning.postgres import in_database
from shared.servers import Servers as DatabaseServers
from tests.faults import gather
from tests.faults.checker import Found
from tests.faults.facts import READER, SERVICE, reading, writing
from tests.faults.injection import Injection
from tests.faults.machines import Program
from tests.faults.plan import Fault, draw
from tests.faults.servers import Servers
from tests.faults.tables import create

ENTITIES = 2000
KINDS = ("birth", "marriage", "household")
REGIONS = ("330782", "330702", "310101")
# Who has what: the registry by a NATS client alone, the archive by the departments' library.
DEPARTMENTS: dict[str, tuple[str, ...]] = {"registry": ("birth",), "archive": KINDS}
PLATFORM = "platform"
CATCH_UP_SECONDS = 60.0


@dataclass
class Run:
    """The servers and programs of a run, and what it was told."""

    directory: Path
    seed: int
    rate: float
    seconds: float
    tell: Callable[[str], None]
    servers: Servers
    faults: Sequence[Fault] | None = None
    entities: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api_port, self.edge_port = ports.free_ports(2)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.cursor_key = self.directory / "cursor.key"
        self.cursor_key.write_bytes(bytes(32))
        self.bus, self.database = self.servers.bus, self.servers.database
        chance = random.Random(self.seed)
        self.entities = {
            str(UUID(int=chance.getrandbits(128), version=4)): chance.choice(KINDS) for _ in range(ENTITIES)
        }
        self.programs = {program.name: program for program in self._programs()}
        self.load = self._program("load", ["tests.faults.load"], FAULTS_LOAD=self._load())

    def say(self, line: str) -> None:
        self.tell(line)

    def url(self, database: str) -> str:
        return in_database(self.servers.superuser, database)

    async def _connect(self, database: str) -> asyncpg.Connection:
        return await DatabaseServers(self.url(database)).connect()

    def store(self, department: str) -> Path:
        return self.directory / f"{department}.sqlite"

    def _program(self, name: str, arguments: list[str], **told: object) -> Program:
        environment = {key: value if isinstance(value, str) else json.dumps(value) for key, value in told.items()}
        return Program(name, arguments, environment, self.directory)

    def _programs(self) -> list[Program]:
        topics = {name: [f"evt.fact.noted.{kind}.>" for kind in kinds] for name, kinds in DEPARTMENTS.items()}
        worker = ["tests.faults.worker"]
        api = {"database": self.url(SERVICE), "port": self.api_port}
        edge = {
            "database": self.url(SERVICE),
            "nats": self.servers.nats,
            "replicas": self.servers.replicas,
            "cursor_key": str(self.cursor_key),
            "port": self.edge_port,
            "consumers": {f"{name}_facts": each for name, each in topics.items()},
        }
        department = {
            name: {
                "department": name,
                "name": "facts",
                "topics": each,
                "store": str(self.store(name)),
                "nats": self.servers.nats,
                "edge": f"http://{ports.LOOPBACK}:{self.edge_port}",
            }
            for name, each in topics.items()
        }
        return [
            self._program("api", ["tests.faults.api"], FAULTS_API=api),
            self._program("relay-1", [*worker, "relay"], **self._settings(SERVICE)),
            self._program("relay-2", [*worker, "relay"], **self._settings(SERVICE)),
            self._program("consumer", [*worker, "consumer"], **self._settings(READER)),
            self._program("edge", ["tests.faults.edge"], FAULTS_EDGE=edge),
            self._program("registry", ["tests.faults.department"], FAULTS_DEPARTMENT=department["registry"]),
            self._program("archive", ["tests.faults.reader"], FAULTS_DEPARTMENT=department["archive"]),
        ]

    def _settings(self, database: str) -> dict[str, object]:
        unused = ("ISSUER", "IDENTITY_URL", "LICENSING_URL", "CERTIFICATES_URL", "RECORDS_URL")
        return {
            "ONEVISIT_DATABASE_URL": self.url(database),
            "ONEVISIT_NATS_URL": self.servers.nats,
            "ONEVISIT_NATS_REPLICAS": str(self.servers.replicas),
            "ONEVISIT_CURSOR_KEY_FILE": str(self.cursor_key),
            "ONEVISIT_RUN": "worker",
            **{f"ONEVISIT_{name}": "http://127.0.0.1:9" for name in unused},
        }

    def _load(self) -> dict[str, Any]:
        return {
            "port": self.api_port,
            "entities": list(self.entities),
            "seconds": self.seconds,
            "rate": self.rate,
            "seed": self.seed,
            "journal": str(self.directory / "journal.jsonl"),
        }

    # --- its course ---

    def start(self) -> None:
        """Servers, tables and programs are there."""
        self.servers.start()
        asyncio.run(self._prepare())
        for program in self.programs.values():
            program.start()
        if not ports.wait_until(lambda: ports.answers(self.api_port), seconds=60):
            raise RuntimeError(f"The API did not start; its log is {self.programs['api'].log}")

    async def _prepare(self) -> None:
        conn = await self._connect("postgres")
        for name in (SERVICE, READER):
            await conn.execute(f"CREATE DATABASE {name}")
        await conn.close()
        await create(self.url(SERVICE), writing)
        await create(self.url(READER), reading)
        chance = random.Random(self.seed)
        conn = await self._connect(SERVICE)
        await conn.executemany(
            "INSERT INTO entities (id, kind, region) VALUES ($1, $2, $3)",
            [(UUID(entity), kind, chance.choice(REGIONS)) for entity, kind in self.entities.items()],
        )
        await conn.close()

    def endure(self) -> tuple[Injection, float | None]:
        """Load and faults from beginning to end; then how long after the last fault all had caught up, if they did."""
        injection = Injection(self, self.faults or draw(self.seed, seconds=self.seconds))
        self.load.start()
        injection.carry_out()
        over = time.monotonic()
        self.load.wait(60)
        while (late := time.monotonic() - over) < CATCH_UP_SECONDS:
            injection.revive()
            if asyncio.run(self._caught_up()):
                return injection, late
            time.sleep(0.5)
        return injection, None

    async def _caught_up(self) -> bool:
        try:
            writer = await self._connect(SERVICE)
            reader = await self._connect(READER)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        try:
            wanted = dict(
                await writer.fetch("SELECT kind, count(*) FROM facts JOIN entities ON id = entity GROUP BY kind")
            )
            pending = await writer.fetchval(
                "SELECT count(*) + (SELECT last_position - published_through FROM relay_state) FROM outbox"
            )
            effects = await reader.fetchval("SELECT count(*) FROM effects")
        finally:
            await writer.close()
            await reader.close()
        applied = {name: gather.count_applied(self.store(name)) for name in DEPARTMENTS}
        return (
            pending == 0
            and effects >= sum(wanted.values())
            and all(applied[name] >= sum(wanted.get(kind, 0) for kind in DEPARTMENTS[name]) for name in DEPARTMENTS)
        )

    async def gather(self) -> Found:
        """Everything the checker wants to see. Nothing but the servers runs any more."""
        writer = await self._connect(SERVICE)
        reader = await self._connect(READER)
        for conn in (writer, reader):
            await conn.execute("SET statement_timeout = 0")
            await conn.execute("SET transaction_timeout = 0")
        platform = await gather.effects(reader)
        parked = await reader.fetchval("SELECT count(*) FROM parked")
        outbox = await writer.fetchval("SELECT count(*) FROM outbox")
        found = Found(
            orders=gather.journal(self.directory / "journal.jsonl"),
            rows=await gather.rows(writer),
            log=await gather.log(writer),
            heads=await gather.heads(writer),
            stream=await gather.stream(self.servers.nats),
            applied={PLATFORM: platform} | {name: gather.applied(self.store(name)) for name in DEPARTMENTS},
            entitled={PLATFORM: self.entities}
            | {
                name: {entity for entity, kind in self.entities.items() if kind in kinds}
                for name, kinds in DEPARTMENTS.items()
            },
            left_over={"left in the outbox": outbox, "parked": parked},
        )
        await writer.close()
        await reader.close()
        return found

    def end(self) -> None:
        """Only the servers go on."""
        for program in [*self.programs.values(), self.load]:
            program.kill()

    def close(self) -> None:
        """Nothing runs any more."""
        self.end()
        self.servers.stop()


def processors() -> int:
    return os.cpu_count() or 1

"""The servers of deploy/cluster, for the harness of tests/faults: who is killed is decided when it happens."""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nats

from deploy.containers.bus import clustered
from deploy.embedded import ports
from deploy.embedded.nats import as_configuration, server_settings
from tests.cluster.project import DEPLOY, Project, members

POSTGRES, NATS = ("postgres-1", "postgres-2"), ("nats-1", "nats-2", "nats-3")
PASSWORDS = ("password", "replicator", "rewinder", "patroni")
LEADER, SYNCHRONOUS = "Leader", "Sync Standby"
SETTLED_SECONDS = 90.0


class Cluster:
    """Both databases, all three of the bus and of etcd, in a compose project of their own."""

    replicas = 3

    def __init__(self, directory: Path) -> None:
        chosen = ports.free_ports(len(POSTGRES) + len(NATS))
        self._ports = dict(zip((*POSTGRES, *NATS), chosen, strict=True))
        password = _passwords(directory / "secrets")
        told = {name.replace("-", "_").upper(): str(port) for name, port in self._ports.items()}
        told["ONEVISIT_POSTGRES_SECRETS"] = str(directory / "secrets")
        told["ONEVISIT_NATS_SECRETS"] = str(_bus_configuration(directory / "bus"))
        # Nobody has made the stores ready for another account.
        told["ONEVISIT_NATS_ACCOUNT"] = "0:0"
        files = [DEPLOY / "cluster" / "servers.yaml", Path(__file__).with_name("ports.yaml")]
        self.project = Project(f"onevisit-test-{secrets.token_hex(3)}", files, told)
        hosts = "&".join(f"host={ports.LOOPBACK}:{self._ports[node]}" for node in POSTGRES)
        self.superuser = f"postgresql+asyncpg://postgres:{password}@/postgres?{hosts}"
        self.nats = ",".join(f"nats://{ports.LOOPBACK}:{self._ports[node]}" for node in NATS)
        self.bus, self.database = BusMachines(self), DatabaseMachines(self)

    def start(self) -> None:
        """All are there, one PostgreSQL leads and the other follows it synchronously."""
        self.project.up()
        self.wait_until_synchronous()

    def stop(self) -> None:
        """Nothing is left."""
        self.project.remove()

    def wait_until_synchronous(self) -> float:
        """A synchronous standby has everything; answers how long that took."""
        return wait(lambda: {LEADER, SYNCHRONOUS} <= {each["Role"] for each in members(self.project)})

    def primary(self) -> str:
        """The PostgreSQL that takes writes."""
        return next(str(each["Member"]) for each in members(self.project) if each["Role"] == LEADER)

    def stream_leader(self) -> str:
        """The NATS server that orders the stream's messages: the one whose death disturbs most."""
        return asyncio.run(self._stream_leader())

    async def _stream_leader(self) -> str:
        client = await nats.connect(self.nats.split(","))
        try:
            info = await client.jetstream().stream_info("EVT")
        finally:
            await client.close()
        assert info.cluster is not None
        return str(info.cluster.leader)


class Kill(NamedTuple):
    """Who was gone at which time."""

    victim: str
    at: float


class Machines:
    """Of several alike one is killed; it is the same that is started again."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.kills: list[Kill] = []

    def start(self) -> None:
        self._cluster.project.start(self.kills[-1].victim)

    def wipe(self) -> None:
        raise NotImplementedError("a machine is killed here; what it stored stays")

    def kill_backend(self, choice: float) -> str:
        raise NotImplementedError(f"a machine is killed here, not one process ({choice})")

    def _kill(self, victim: str) -> None:
        self._cluster.project.kill(victim)
        # Not before: while it was chosen, it still worked.
        self.kills.append(Kill(victim, time.time()))


class BusMachines(Machines):
    """The leader of the stream is killed."""

    def kill(self) -> None:
        self._kill(self._cluster.stream_leader())


class DatabaseMachines(Machines):
    """The primary is killed."""

    def kill(self) -> None:
        self._kill(self._cluster.primary())


def _passwords(directory: Path) -> str:
    """A file each, as compose mounts them; answers the superuser's."""
    directory.mkdir(parents=True)
    for name in PASSWORDS:
        (directory / name).write_text(secrets.token_hex(16))
    return (directory / "password").read_text()


def _bus_configuration(directory: Path) -> Path:
    """As a deployment's, but that anybody may do anything."""
    directory.mkdir()
    settings = {"listen": "0.0.0.0:4222", "http": "127.0.0.1:8222", **server_settings(Path("/data"))}
    told = clustered(settings, password=secrets.token_hex(16))
    (directory / "cluster.conf").write_text(as_configuration(told))
    return directory


def wait(settled: Callable[[], bool]) -> float:
    """Until it is so; answers how many seconds that took."""
    begun = time.monotonic()
    while not settled():
        if time.monotonic() - begun > SETTLED_SECONDS:
            raise TimeoutError(f"not settled within {SETTLED_SECONDS} s")
        time.sleep(0.5)
    return time.monotonic() - begun

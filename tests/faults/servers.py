"""The servers that a run puts its load on: here those of one machine, as `onevisit up` has them."""

from pathlib import Path
from typing import Protocol

from deploy.embedded import ports
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from tests.faults.machines import Bus, DatabaseServer, ServingMachine, StoringMachine


class Servers(Protocol):
    """PostgreSQL and NATS, however many of each."""

    @property
    def bus(self) -> StoringMachine: ...
    @property
    def database(self) -> ServingMachine: ...
    @property
    def superuser(self) -> str: ...  # the address of the database `postgres`
    @property
    def nats(self) -> str: ...
    @property
    def replicas(self) -> int: ...

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Embedded:
    """One of each."""

    replicas = 1

    def __init__(self, directory: Path) -> None:
        nats_port, monitoring_port, postgres_port = ports.free_ports(3)
        directory.mkdir(parents=True, exist_ok=True)
        nats = Nats(
            directory / "nats",
            port=nats_port,
            monitoring_port=monitoring_port,
            log=directory / "nats.log",
        )
        postgres = Postgres(
            directory / "postgres",
            port=postgres_port,
            password="faults",
            log=directory / "postgres.log",
        )
        self.bus, self.database = Bus(nats), DatabaseServer(postgres)
        self.superuser, self.nats = postgres.url(), nats.url

    def start(self) -> None:
        """Both accept connections."""
        self.bus.start()
        self.database.start()

    def stop(self) -> None:
        """Both have ended."""
        self.bus.stop()
        self.database.stop()

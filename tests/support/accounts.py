"""NATS with accounts and callout, by the product's own configuration: services have passwords, departments do not.

async def test_something(nats_with_accounts: GuardedBus) -> None:
    relay = await nats_with_accounts.connect("licensing")           # as a service; no name: as the operator
    told = nats_with_accounts.settings()                            # what identity must be told to keep its door
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client

from deploy import services
from deploy.embedded import ports
from deploy.embedded.nats import Nats
from deploy.provisioning.bus import OPERATOR, SYSTEM_USER, BusAccess, nats_user
from identity.bus.nkeys import AccountKey


@dataclass(frozen=True)
class GuardedBus:
    """A running server, and the secrets that let onto it."""

    server: Nats
    access: BusAccess
    seed: Path

    @property
    def url(self) -> str:
        return self.server.url

    async def connect(self, service: str | None = None) -> Client:
        """A connection of one of our services, or of the operator, who may do everything."""
        if service is None:
            return await nats.connect(self.url, user=OPERATOR, password=self.access.operator_password)
        return await nats.connect(self.url, user=nats_user(service), password=self.access.services[service])

    def settings(self, service: str = "identity") -> dict[str, object]:
        """What the service is told of the bus; identity with what its door needs."""
        told: dict[str, object] = {
            "nats_url": self.url,
            "nats_user": nats_user(service),
            "nats_password": self.access.services[service],
        }
        if service == "identity":
            told["nats_issuer_seed_file"] = self.seed
            told["nats_system_user"] = SYSTEM_USER
            told["nats_system_password"] = self.access.system_password
        return told


@pytest.fixture
def nats_with_accounts(tmp_path: Path) -> Generator[GuardedBus]:
    """A server of this test's own that lets in whom an embedded platform's would."""
    directory = tmp_path / "nats-with-accounts"
    directory.mkdir()
    key = AccountKey.generate()
    seed = directory / "issuer.seed"
    seed.write_text(key.seed())
    access = BusAccess(
        services={name: f"{name}-password" for name in services.WITH_DATABASE},
        system_password="system-password",
        operator_password="operator-password",
        issuer=key.public,
    )
    port, monitoring_port = ports.free_ports(2)
    server = Nats(
        directory,
        port=port,
        monitoring_port=monitoring_port,
        log=directory / "nats.log",
        access=access,
        sync_interval="2m",
    )
    server.start()
    yield GuardedBus(server, access, seed)
    server.stop()

"""The whole platform on the cluster, in a compose project of its own: two of each service, the edge, the bus."""

import json
import secrets
import ssl
from pathlib import Path
from typing import Any

from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.provisioning.bus import OPERATOR
from tests.cluster.project import DEPLOY, Project, members
from tests.cluster.servers import LEADER, NATS, SYNCHRONOUS, wait

IMAGE = "onevisit:cluster"


class Platform:
    """Started from nothing; `keys` is the directory of whoever acts in it."""

    def __init__(self, directory: Path) -> None:
        edge, *buses = ports.free_ports(1 + len(NATS))
        self.keys = directory / "keys"
        self.url = f"https://localhost:{edge}"
        self.bus = [f"tls://localhost:{port}" for port in buses]
        told = {
            "ONEVISIT_IMAGE": IMAGE,
            "ONEVISIT_LISTEN": f"{ports.LOOPBACK}:{edge}",
            "ONEVISIT_ISSUER": self.url,
            "ONEVISIT_NATS_PUBLIC_URL": ",".join(self.bus),
            # Four people stand for a city: what one of them may ask in a minute is not the matter here.
            "ONEVISIT_LIMITS_ENFORCED": "false",
            **{f"ONEVISIT_BUS_LISTEN_{n}": f"{ports.LOOPBACK}:{port}" for n, port in enumerate(buses, start=1)},
        }
        names = (
            "compose.yaml",
            "cluster/servers.yaml",
            "cluster/compose.yaml",
            "cluster/bus.yaml",
            "compose.demo.yaml",
        )
        name = f"onevisit-test-{secrets.token_hex(3)}"
        files = [DEPLOY / each for each in names]
        self.project = Project(name, files, told, env_file=DEPLOY / "cluster" / "cluster.env")

    def start(self) -> None:
        """Everything is healthy, one PostgreSQL follows the other, and we hold the keys of the fictional people."""
        self.project.compose("build", "--quiet", "secrets", "postgres-1")
        self.project.up(build=False)
        self.wait_until_synchronous()
        self.keys.mkdir(mode=0o700)
        self.project.compose("cp", "visitors:/var/lib/onevisit/visitors/keys", f"{self.keys}/")
        self.project.compose("cp", "gateway:/run/secrets/trust.pem", f"{self.keys}/trust.pem")
        self.project.compose("cp", "secrets:/var/lib/onevisit/keeper/secrets.json", f"{self.keys}/keeper.json")
        Home(self.keys).is_for(self.url)

    def stop(self) -> None:
        """Nothing is left."""
        self.project.remove()

    @property
    def trusted(self) -> Path:
        """Whom a client trusts."""
        return self.keys / "trust.pem"

    def bus_options(self) -> dict[str, Any]:
        """How whoever looks after the bus connects to it."""
        password = json.loads((self.keys / "keeper.json").read_text())[OPERATOR]
        trust = ssl.create_default_context(cafile=str(self.trusted))
        return {"servers": self.bus, "user": OPERATOR, "password": password, "tls": trust}

    def wait_until_synchronous(self) -> float:
        """A synchronous standby has everything; answers how long that took."""
        return wait(lambda: {LEADER, SYNCHRONOUS} <= {each["Role"] for each in members(self.project)})

    def primary(self) -> str:
        """The PostgreSQL that takes writes."""
        return next(str(each["Member"]) for each in members(self.project) if each["Role"] == LEADER)

    def stream_leader(self) -> str:
        """The NATS server that orders the stream's messages."""
        asked = ("wget", "-q", "-O", "-", "http://127.0.0.1:8222/jsz?streams=true&accounts=true")
        said = json.loads(self.project.run_in(NATS[0], *asked))
        streams = [stream for account in said["account_details"] for stream in account.get("stream_detail", ())]
        return next(str(stream["cluster"]["leader"]) for stream in streams if stream["name"] == "EVT")

    def rows(self, database: str, statement: str) -> list[Any]:
        """What a statement, whose rows are JSON, finds in a service's database; asked on the primary."""
        socket = "/tmp"  # noqa: S108 - where that server listens, in its container
        command = ("psql", "-h", socket, "-U", "postgres", "-d", database, "-At", "-c", statement)
        return [json.loads(line) for line in self.project.run_in(self.primary(), *command).splitlines()]

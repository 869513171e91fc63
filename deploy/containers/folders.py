"""Which secrets each container may see: a folder for each, and what lies in it.

The keeper (`deploy.embedded.home.Home`) holds everything, once; no service mounts it. A folder is a copy of what its
container needs, and is made again from the keeper whenever it is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from certificates.sealing import keys
from certificates.sealing.authority import SealingDepartment
from certificates.sealing.directory import SealDirectory
from deploy import services
from deploy.containers.bus import ROUTE_USER, bus_configuration, cluster_configuration
from deploy.containers.certificate import FirstCertificate, trusted
from deploy.containers.edge import hosts_configuration
from deploy.embedded import offices, seed
from deploy.embedded.environment import password_names
from deploy.embedded.home import Home
from deploy.embedded.postgres import SUPERUSER
from deploy.provisioning.bus import SYSTEM_USER, nats_user
from deploy.provisioning.postgres import owner_of
from shared.clock import now

# Read by the account of another image.
_READABLE, _OURS = 0o444, 0o400
# Changed by the operator, not by us: a city brings a certificate of its own.
_TLS = "tls"
# PostgreSQL's roles for replication and rewinding, and whoever may tell Patroni what to do.
_OF_CLUSTER = ("replicator", "rewinder", "patroni")

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Folders:
    """The keeper, where the folders are, and the names by which the platform is reached from outside."""

    home: Home
    root: Path
    hosts: Sequence[str]

    def fill(self) -> list[str]:
        """Everything that is secret exists, and each folder holds what its container needs; answers what changed.

        Safe to repeat: a file that is right already is not touched.
        """
        self.home.prepare()
        document = seed.platform(self.home)
        changed = self._certificate()
        for name in services.ALL:
            changed += self._put(name, self._of_service(name) | self._of_this_service(name))
        changed += self._put("identity", {"bootstrap.json": orjson.dumps(document)})
        changed += self._put("migrate", self._passwords("onevisit_migrate_{}_password", owner_of))
        changed += self._put("provision", self._of_provision())
        changed += self._put("postgres", self._of_postgres(), mode=_READABLE)
        changed += self._put("nats", self._of_nats())
        changed += self._put("edge", {"hosts.conf": hosts_configuration(self.hosts)})
        return changed + self._seals()

    def _of_service(self, name: str) -> dict[str, bytes]:
        files = {
            "client.pem": self.home.client_key(name).read_bytes(),
            "cursor.key": self.home.random_key("cursor.key").read_bytes(),
            "trust.pem": trusted(self.root / _TLS),
        }
        if name in services.WITH_DATABASE:
            files["onevisit_database_password"] = self._password(name)
            files["onevisit_nats_password"] = self._password(nats_user(name))
        return files

    def _of_this_service(self, name: str) -> dict[str, bytes]:
        """What one service alone may see."""
        match name:
            case "identity":
                return {
                    "master.key": self.home.random_key("identity-master.key").read_bytes(),
                    "index.key": self.home.random_key("identity-index.key").read_bytes(),
                    "bus-issuer.seed": self.home.bus_issuer().read_bytes(),
                    "onevisit_nats_system_password": self._password(SYSTEM_USER),
                }
            case "certificates":
                return {"seal.passphrase": self._passphrase()}
            case _:
                return {}

    def _of_postgres(self) -> dict[str, bytes]:
        """The superuser's password; in a cluster also those by which its servers follow each other."""
        return {"password": self._password(SUPERUSER), **{name: self._password(name) for name in _OF_CLUSTER}}

    def _of_nats(self) -> dict[str, bytes]:
        """What a server of the bus is told, alone and as one of three."""
        route = self._password(ROUTE_USER).decode()
        return {
            "nats.conf": bus_configuration(self.home),
            "cluster.conf": cluster_configuration(self.home, password=route),
        }

    def _of_provision(self) -> dict[str, bytes]:
        """Whoever makes the roles knows every role's password."""
        return {
            "onevisit_postgres_password": self._password(SUPERUSER),
            **self._passwords("onevisit_{}_password", lambda service: service),
            **self._passwords("onevisit_{}_owner_password", owner_of),
        }

    def _seals(self) -> list[str]:
        """The root and a seal for each office and department, in the folder that the service watches. The root's key
        stays with the keeper.
        """
        directory, passphrase = SealDirectory(self.root / "seals"), self._passphrase()
        root_key = self.home.keys / "root.key"
        desk = keys.KeyDesk(directory, keys.KeyFiles(directory, passphrase), root_key, passphrase)
        made = keys.init(desk, map(sealing, offices.in_office(self.home)), at=now())
        return [f"seals/{name}" for name in made]

    def _certificate(self) -> list[str]:
        """Until there is a certificate of the city's own, there is one that nobody has signed."""
        first = FirstCertificate(self.home.keys, self.hosts)
        return self._put(_TLS, first.files()) if first.is_wanted(self.root / _TLS) else []

    def _passphrase(self) -> bytes:
        return self._password("seals")

    def _passwords(self, pattern: str, role_of: Callable[[str], str]) -> dict[str, bytes]:
        return {pattern.format(service): self._password(role_of(service)) for service in services.WITH_DATABASE}

    def _password(self, name: str) -> bytes:
        return self.home.passwords([*password_names(), *_OF_CLUSTER, ROUTE_USER, "seals"])[name].encode()

    def _put(self, folder: str, files: Files, *, mode: int = _OURS) -> list[str]:
        """Each file holds exactly this; answers those that did not."""
        different = {name: content for name, content in files.items() if _content(self.root / folder / name) != content}
        for name, content in different.items():
            path = self.root / folder / name
            draft = path.with_name(f".{name}.new")
            draft.unlink(missing_ok=True)
            draft.touch(mode=mode)
            draft.chmod(0o600)
            draft.write_bytes(content)
            draft.chmod(mode)
            draft.rename(path)
        return [f"{folder}/{name}" for name in different]


def sealing(department: Mapping[str, Any]) -> SealingDepartment:
    """The department as it appears in the certificate of its seal."""
    named = {name: value for name, value in department.items() if name in SealingDepartment.model_fields}
    return SealingDepartment.model_validate(named)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None

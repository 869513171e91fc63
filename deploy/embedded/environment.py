"""What each service of an embedded platform is told, as settings and as environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import services
from deploy.embedded import ports
from deploy.embedded.home import Home, State
from deploy.embedded.postgres import database_url
from deploy.provisioning.bus import OPERATOR, SYSTEM_USER, BusAccess, nats_user
from deploy.provisioning.postgres import owner_of
from identity.bus.nkeys import AccountKey

# One machine with five services: enough for the load of two cores, far below max_connections.
POOL = 12


@dataclass(frozen=True)
class Addresses:
    """Ports of everything, chosen before anything starts."""

    gateway: int
    services: dict[str, int]
    postgres: int
    nats: int
    monitoring: int

    @classmethod
    def choose(cls, *, gateway: int) -> "Addresses":
        """The gateway where asked for, everything else wherever there is room."""
        count = len(services.WITH_DATABASE)
        free = [port for port in ports.free_ports(count + 4) if port != gateway]
        return cls(
            gateway=gateway,
            services=dict(zip(services.WITH_DATABASE, free[3:], strict=False)) | {"gateway": gateway},
            postgres=free[0],
            nats=free[1],
            monitoring=free[2],
        )

    @classmethod
    def of(cls, state: State) -> "Addresses":
        """Those of a running platform."""
        return cls(
            gateway=_port(state.gateway),
            services={name: _port(url) for name, url in state.services.items()},
            postgres=state.postgres_port,
            nats=state.nats_port,
            monitoring=state.monitoring_port,
        )

    def state(self, *, ready: bool) -> State:
        """What others may know of it."""
        return State(
            supervisor=os.getpid(),
            gateway=_url(self.gateway),
            services={name: _url(port) for name, port in self.services.items()},
            postgres_port=self.postgres,
            nats_port=self.nats,
            monitoring_port=self.monitoring,
            ready=ready,
        )


def password_names() -> list[str]:
    """Every role of PostgreSQL and every user of NATS that has a password."""
    roles = [role for name in services.WITH_DATABASE for role in (name, owner_of(name))]
    return ["postgres", *roles, *(nats_user(name) for name in services.WITH_DATABASE), SYSTEM_USER, OPERATOR]


def bus_access(home: Home) -> BusAccess:
    """Who may do what on the bus: our services by their passwords, departments by what identity signs."""
    passwords = home.passwords(password_names())
    return BusAccess(
        services={name: passwords[nats_user(name)] for name in services.WITH_DATABASE},
        system_password=passwords[SYSTEM_USER],
        operator_password=passwords[OPERATOR],
        issuer=AccountKey.load(home.bus_issuer()).public,
    )


def owner_url(home: Home, addresses: Addresses, service: str) -> str:
    """Where migrations of a service connect."""
    role = owner_of(service)
    password = home.passwords(password_names())[role]
    return database_url(role, password, port=addresses.postgres, database=service)


def settings_for(home: Home, addresses: Addresses, service: str) -> dict[str, str]:
    """The settings of one service, by field name."""
    passwords = home.passwords(password_names())
    told = {
        "profile": "embedded",
        "issuer": _url(addresses.gateway),
        "client_key_file": str(home.client_key(service)),
        "cursor_key_file": str(home.random_key("cursor.key")),
        "database_pool": str(POOL),
        **{f"{name}_url": _url(port) for name, port in addresses.services.items() if name != "gateway"},
    }
    if service in services.WITH_DATABASE:
        told["database_url"] = database_url(service, passwords[service], port=addresses.postgres, database=service)
        told["nats_url"] = f"nats://{ports.LOOPBACK}:{addresses.nats}"
        told["nats_user"] = nats_user(service)
        told["nats_password"] = passwords[nats_user(service)]
    return told | _own(home, service, passwords) | home.overrides(service)


def environment_for(home: Home, addresses: Addresses, service: str) -> dict[str, str]:
    """The environment of one service: nothing of ours leaks in from whoever started the platform."""
    told = settings_for(home, addresses, service)
    return plain_environment() | {f"ONEVISIT_{name.upper()}": value for name, value in told.items()}


def plain_environment() -> dict[str, str]:
    """What any child gets: the services are found where this module is, wherever the platform is started from."""
    # Without bytecode every start would compile every package again.
    dropped = ("ONEVISIT_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    return inherited | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "PYTHONPATH": path}


def _own(home: Home, service: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Settings that one service alone has."""
    match service:
        case "identity":
            return {
                "master_key_file": str(home.random_key("identity-master.key")),
                "index_key_file": str(home.random_key("identity-index.key")),
                "nats_issuer_seed_file": str(home.bus_issuer()),
                "nats_system_user": SYSTEM_USER,
                "nats_system_password": passwords[SYSTEM_USER],
            }
        case "certificates":
            return {"seal_directory": str(home.seals)}
        case _:
            return {}


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _url(port: int) -> str:
    return f"http://{ports.LOOPBACK}:{port}"

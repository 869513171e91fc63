"""Where a deployment keeps what must be backed up: its databases, by their owners, and its secrets, by their paths."""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import services
from deploy.containers.addresses import owner_address
from deploy.embedded import ports
from deploy.embedded.environment import Addresses, owner_url, password_names
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home
from deploy.embedded.postgres import Postgres
from deploy.provisioning.postgres import owner_of, plain

# Below the data directory. The rest of it is what a backup reads from the servers, what they make again, and logs.
_SECRETS = ("keys", "secrets.json", "settings.json", "background-filed")
_ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Place:
    """A deployment's data directory, and folders of secrets elsewhere, each with a name of its own."""

    home: Home
    elsewhere: tuple[Path, ...] = ()

    def secrets(self) -> dict[str, bytes]:
        """Every secret by its path in a backup."""
        roots = {"": [self.home.directory / name for name in _SECRETS]}
        roots |= {f"{_ELSEWHERE}/{folder.name}/": [folder] for folder in self._named()}
        found: dict[str, bytes] = {}
        for prefix, paths in roots.items():
            for path in paths:
                base = path if prefix else self.home.directory
                found |= {f"{prefix}{each.relative_to(base)}": each.read_bytes() for each in _files(path)}
        return found

    def refuse_secrets(self) -> None:
        """Nothing of an earlier deployment is here."""
        taken = [self.home.directory / name for name in (*_SECRETS, "postgres", "nats")]
        for path in [*taken, *self._named()]:
            if path.is_file() or (path.is_dir() and any(path.iterdir())):
                raise LaunchError(f"{path} is not empty; a backup is restored into an empty place only")

    def keep(self, secrets: Mapping[str, bytes]) -> None:
        """Each secret is where it was, readable by its owner alone."""
        folders = {folder.name: folder for folder in self._named()}
        for name, content in secrets.items():
            path = self.home.directory / name
            if name.startswith(f"{_ELSEWHERE}/"):
                _, folder, inner = name.split("/", 2)
                if folder not in folders:
                    raise LaunchError(f"The backup has a folder of secrets {folder}; say where: --with .../{folder}")
                path = folders[folder] / inner
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.home.write_secret(path, content)

    def _named(self) -> list[Path]:
        return [folder.absolute() for folder in self.elsewhere]


def are_elsewhere() -> bool:
    """Whether the environment names the databases: then they are not those of a data directory."""
    return any(_variable(service) in os.environ for service in services.WITH_DATABASE)


def named_databases() -> dict[str, str]:
    """The databases that the environment names, as their owners."""
    return {service: plain(owner_address(service)) for service in services.WITH_DATABASE}


@contextmanager
def databases_of(home: Home) -> Generator[dict[str, str]]:
    """The databases of a data directory, as their owners; where its platform does not run, its PostgreSQL does now."""
    state = home.state()
    if state is not None:
        yield {service: plain(owner_url(home, Addresses.of(state), service)) for service in services.WITH_DATABASE}
        return
    if not home.postgres.exists():
        raise LaunchError(f"There is no platform in {home.directory}; name its directory with --data-dir")
    with home.held(), cluster_of(home) as postgres:
        yield owners(home, postgres)


@contextmanager
def cluster_of(home: Home) -> Generator[Postgres]:
    """The PostgreSQL of a data directory, alone; made if there is none."""
    (port,) = ports.free_ports(1)
    password = home.passwords(password_names())["postgres"]
    chosen = home.overrides("postgres")
    postgres = Postgres(home.postgres, port=port, password=password, log=home.logs / "postgres.log", overrides=chosen)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop()


def owners(home: Home, postgres: Postgres) -> dict[str, str]:
    """How the owners reach the databases of this server."""
    passwords = home.passwords(password_names())
    return {
        service: f"postgresql://{owner_of(service)}:{passwords[owner_of(service)]}@{ports.LOOPBACK}:{postgres.port}/{service}"
        for service in services.WITH_DATABASE
    }


def _variable(service: str) -> str:
    return f"ONEVISIT_MIGRATE_{service.upper()}_URL"


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_file())

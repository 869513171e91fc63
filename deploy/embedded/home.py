"""The data directory of one embedded platform: what lies where, and who may use it now.

Everything is below it: clusters, streams, keys, logs and the state of the running platform. Secrets are 0600.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.errors import LaunchError
from identity.bus.nkeys import AccountKey

DEFAULT = Path(".onevisit")


@dataclass(frozen=True)
class State:
    """Where the running platform is reached."""

    supervisor: int
    gateway: str
    services: dict[str, str]
    postgres_port: int
    nats_port: int
    monitoring_port: int
    ready: bool = False


class Home:
    """One data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.postgres = self.directory / "postgres"
        self.nats = self.directory / "nats"
        self.keys = self.directory / "keys"
        self.seals = self.keys / "seals"
        self.logs = self.directory / "logs"
        self.bootstrap = self.keys / "bootstrap.json"
        self.filed = self.directory / "background-filed"
        self._state = self.directory / "state.json"
        self._elsewhere = self.directory / "platform.json"
        self._secrets = self.directory / "secrets.json"
        self._admitted = self.directory / "departments.json"
        self._lock = self.directory / "lock"

    def prepare(self) -> None:
        """The directories exist, closed to other users."""
        try:
            for directory in (self.directory, self.keys, self.keys / "clients", self.keys / "cards", self.logs):
                directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise LaunchError(
                f"{self.directory} cannot be used ({error.strerror}); choose another with --data-dir"
            ) from None

    @contextmanager
    def held(self) -> Generator[None]:
        """This process alone runs the platform of this directory; the kernel lets go when it ends, however."""
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LaunchError(
                    f"A platform already runs on {self.directory}; stop it with: onevisit down --data-dir "
                    f"'{self.directory}', or choose another --data-dir"
                ) from None
            self.forget_state()
            yield

    def is_held(self) -> bool:
        """Whether some process runs the platform of this directory now."""
        if not self._lock.exists():
            return False
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def state(self) -> State | None:
        """The running platform; None where none runs."""
        if not self.is_held():
            return None
        try:
            return State(**json.loads(self._state.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def starting(self) -> State:
        """The running platform, even where it is not ready yet."""
        state = self.state()
        if state is None:
            raise LaunchError(f"No platform runs on {self.directory}; start one with: onevisit up")
        return state

    def running(self) -> State:
        """The running platform; refuses where none runs or it is not ready yet."""
        state = self.starting()
        if not state.ready:
            raise LaunchError(f"The platform on {self.directory} is still starting; try again in a few seconds")
        return state

    def reached(self, *, even_starting: bool = False) -> State:
        """The platform that this directory's keys are for: one elsewhere, or the one that runs here."""
        if (elsewhere := self.elsewhere()) is not None:
            return elsewhere
        return self.starting() if even_starting else self.running()

    def elsewhere(self) -> State | None:
        """A platform that does not run on this directory, as the directory was told; None where it was not."""
        try:
            url: str = json.loads(self._elsewhere.read_text())["url"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise LaunchError(f"{self._elsewhere} does not name a platform; mend or remove it") from None
        return State(0, url, {"gateway": url}, postgres_port=0, nats_port=0, monitoring_port=0, ready=True)

    def is_for(self, url: str) -> None:
        """The keys in this directory are for the platform at this address, wherever it runs."""
        self.write_secret(self._elsewhere, json.dumps({"url": url.rstrip("/")}))

    def publish(self, state: State) -> None:
        """Others can see the state, whole."""
        self.write_secret(self._state, json.dumps(asdict(state), indent=2))

    def forget_state(self) -> None:
        """Nothing runs here any more."""
        self._state.unlink(missing_ok=True)

    def passwords(self, names: Sequence[str]) -> dict[str, str]:
        """Generated passwords, made once and kept."""
        known: dict[str, str] = json.loads(self._secrets.read_text()) if self._secrets.exists() else {}
        missing = [name for name in names if name not in known]
        if missing:
            known.update({name: secrets.token_urlsafe(24) for name in missing})
            self.write_secret(self._secrets, json.dumps(known, indent=2))
        return known

    def renew_password(self, name: str) -> None:
        """Another password takes the place of the one that is kept; whoever uses it is to be told."""
        known: dict[str, str] = json.loads(self._secrets.read_text())
        self.write_secret(self._secrets, json.dumps(known | {name: secrets.token_urlsafe(24)}, indent=2))

    def admitted(self) -> list[dict[str, Any]]:
        """Departments that were let in after the platform was set up."""
        found: list[dict[str, Any]] = json.loads(self._admitted.read_text()) if self._admitted.exists() else []
        return found

    def admit(self, departments: Sequence[dict[str, Any]]) -> None:
        """These departments are known besides, or known as described here."""
        known = {each["code"]: each for each in [*self.admitted(), *departments]}
        self.write_secret(self._admitted, json.dumps([*known.values()], ensure_ascii=False, indent=2))

    def overrides(self, service: str) -> dict[str, str]:
        """What whoever runs this platform wrote into its settings.json: `{service: {name: value}}`."""
        try:
            chosen: dict[str, dict[str, str]] = json.loads((self.directory / "settings.json").read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            raise LaunchError(f"{self.directory / 'settings.json'} is not JSON; mend or remove it") from None
        return chosen.get(service, {})

    def random_key(self, name: str) -> Path:
        """A file of 32 random bytes, made once and kept."""
        path = self.keys / name
        if not path.exists():
            self.write_secret(path, secrets.token_bytes(32))
        return path

    def bus_issuer(self) -> Path:
        """The file with the seed by which identity lets departments onto the bus, made once and kept."""
        path = self.keys / "bus-issuer.seed"
        if not path.exists():
            self.write_secret(path, AccountKey.generate().seed())
        return path

    def client_key(self, client_id: str) -> Path:
        """Where the private key of a client lies."""
        return self.keys / "clients" / f"{client_id}.pem"

    def card_key(self, person: str) -> Path:
        """Where the private key in a person's identity card lies; in the demonstration the card is this file."""
        return self.keys / "cards" / f"{person}.pem"

    def write_secret(self, path: Path, content: str | bytes) -> None:
        """The file holds exactly this, readable by its owner alone; an interrupted write leaves the old content."""
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        draft.touch(mode=0o600)
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.rename(path)

"""What this machine keeps of its subscribers: who listens to what, with which command, and the inbox of each.

One subscriber is `<data-dir>/subscribers/<name>.json` and, beside it, `<name>.sqlite`, which `onevisit_client` fills.
"""

import fcntl
import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

LONGEST_NAME = 48
# As the platform has it: what is a name there is the name of a file here.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Kept:
    """One subscriber. `command` is what it starts for each event (none: it prints it), and tries again so often."""

    name: str
    department: str
    topics: list[str]
    command: list[str]
    retries: int


class Subscribers:
    """The subscribers of one data directory."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._directory = home.directory / "subscribers"

    def inbox(self, name: str) -> Path:
        """Where the inbox of a subscriber lies."""
        return self._path(name, ".sqlite")

    def remember(self, kept: Kept) -> None:
        """The same command and topics are used by `reconcile` and `redrive` from now on."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._home.write_secret(self._file(kept.name), json.dumps(asdict(kept), ensure_ascii=False, indent=2))

    def of(self, department: str) -> list[Kept]:
        """All subscribers of a department on this machine, by name."""
        found = [self._read(path) for path in sorted(self._directory.glob("*.json"))]
        return [kept for kept in found if kept.department == department]

    def choose(self, department: str, name: str | None) -> Kept:
        """The one that is named, or the only one there is; refuses with the names of those there are."""
        known = self.of(department)
        chosen = [kept for kept in known if name in (None, kept.name)]
        if len(chosen) == 1:
            return chosen[0]
        names = ", ".join(kept.name for kept in known) or "none"
        if name is None and known:
            raise LaunchError(f"{department} has several subscribers here; choose one with --name: {names}")
        raise LaunchError(f"{department} has no subscriber {name or ''} on this machine; there are: {names}")

    def forget(self, name: str) -> None:
        """Nothing is kept of it any more."""
        for path in (self._file(name), *self._directory.glob(f"{name}.sqlite*"), self._lock(name)):
            path.unlink(missing_ok=True)

    @contextmanager
    def held(self, name: str) -> Generator[None]:
        """This process alone handles the events of a subscriber; the kernel lets go when it ends, however."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        with self._lock(name).open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LaunchError(
                    f"The subscriber {name} runs already; stop it first, or choose another --name"
                ) from None
            yield

    def is_held(self, name: str) -> bool:
        """Whether some process handles the events of a subscriber now."""
        try:
            with self.held(name):
                return False
        except LaunchError:
            return True

    def _read(self, path: Path) -> Kept:
        try:
            return Kept(**json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError):
            raise LaunchError(f"{path} cannot be read; remove it, and subscribe again") from None

    def _file(self, name: str) -> Path:
        return self._path(name, ".json")

    def _lock(self, name: str) -> Path:
        return self._path(name, ".lock")

    def _path(self, name: str, suffix: str) -> Path:
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise LaunchError(
                f"{name!r} is no name of a subscription: at most {LONGEST_NAME} of a-z, 0-9 and single hyphens between "
                "them, and a letter first"
            )
        return self._directory / f"{name}{suffix}"


def running_home(directory: Path) -> Home:
    """The data directory, where a platform runs; refuses where none does, or it is not ready."""
    home = Home(directory)
    home.reached()
    return home


def name_for(department: str, topics: Sequence[str]) -> str:
    """The same department and topics always give the same name; other topics give another."""
    digest = sha256("\n".join(sorted(topics)).encode()).hexdigest()[:8]
    # A name is a code, and a part of a code begins with a letter or a digit.
    return f"{department[: LONGEST_NAME - 9].rstrip('-')}-{digest}"

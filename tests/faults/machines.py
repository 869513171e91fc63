"""The processes of a run, each of which may be killed, stopped, and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil

from deploy.embedded import process
from deploy.embedded.errors import LaunchError
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres

STARTS_TRIED = 20


class Machine(Protocol):
    """Something that is killed and comes back."""

    def start(self) -> None: ...
    def kill(self) -> None: ...


class StoringMachine(Machine, Protocol):
    """The bus: also its store may be lost."""

    def wipe(self) -> None: ...


class ServingMachine(Machine, Protocol):
    """PostgreSQL: also a single process of it may be killed."""

    def kill_backend(self, choice: float) -> str: ...


class Program:
    """One of our own programs, `python -m …`."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], directory: Path) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self._arguments = arguments
        self._environment = {**os.environ, **environment}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def died(self) -> int | None:
        """Its status, where it ended and nobody killed it."""
        return None if self._child is None else self._child.poll()

    def start(self) -> None:
        argv: list[str | Path] = [sys.executable, "-m", *self._arguments]
        self._child = process.spawn(argv, log=self.log, on_parent_death=signal.SIGKILL, environment=self._environment)

    def kill(self) -> None:
        """kill -9; whether it was stopped makes no difference."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(number)

    def wait(self, seconds: float) -> int:
        assert self._child is not None
        return self._child.wait(seconds)

    def highest_term(self, lease: str) -> int:
        """Since when it leads, if it was the last to lead, as far as it said in its log."""
        terms = [0]
        for line in self.log.read_text(errors="replace").splitlines():
            if '"leading"' not in line:
                continue
            with suppress(ValueError):
                said = json.loads(line)
                if said.get("event") == "leading" and said.get("lease") == lease:
                    terms.append(int(said["term"]))
        return max(terms)


class DatabaseServer:
    """PostgreSQL, all of whose processes can be killed at once, or one."""

    name = "postgres"

    def __init__(self, server: Postgres) -> None:
        self._postgres = server

    @property
    def is_running(self) -> bool:
        server = self._postgres.server
        return server is not None and server.poll() is None

    def start(self) -> None:
        """Started, however often it takes: what is left of a killed one may hold its memory for a moment."""
        for _ in range(STARTS_TRIED):
            try:
                self._postgres.start()
            except LaunchError:
                time.sleep(0.2)
            else:
                return
        raise LaunchError(f"PostgreSQL did not come back; its log is {self._postgres.log}")

    def kill(self) -> None:
        """As if the machine had failed, but for what the kernel holds of its files."""
        server = self._postgres.server
        if server is None:
            return
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(server.pid)
            # Stopped first, so that it starts no other while its children are counted.
            parent.suspend()
            family = [*parent.children(recursive=True), parent]
            for each in family:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            psutil.wait_procs(family, timeout=5)
        server.wait()

    def kill_backend(self, choice: float) -> str:
        """One of the processes that serve connections; PostgreSQL then ends all and recovers."""
        server = self._postgres.server
        if server is None:
            return "no server"
        with suppress(psutil.NoSuchProcess):
            backends = [
                each for each in psutil.Process(server.pid).children() if "127.0.0.1" in " ".join(each.cmdline())
            ]
            if backends:
                backends[int(choice * len(backends))].kill()
                return "killed"
        return "none"

    def stop(self) -> None:
        self._postgres.stop()


class Bus:
    """NATS."""

    name = "nats"

    def __init__(self, server: Nats) -> None:
        self._nats = server

    @property
    def is_running(self) -> bool:
        server = self._nats.server
        return server is not None and server.poll() is None

    def start(self) -> None:
        self._nats.start()

    def kill(self) -> None:
        self._nats.kill()

    def wipe(self) -> None:
        self._nats.wipe()

    def stop(self) -> None:
        self._nats.stop()

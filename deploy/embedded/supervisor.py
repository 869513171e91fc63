"""Starts everything in order, watches it, starts again what falls over, and stops it all.

Single-threaded on purpose: children are signalled by the kernel when the thread that started them ends.
"""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from deploy import services
from deploy.embedded import nursery, ports, prepare, process
from deploy.embedded.environment import Addresses, bus_access, environment_for, password_names, plain_environment
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home, State
from deploy.embedded.nats import Nats
from deploy.embedded.nursery import Fork
from deploy.embedded.postgres import Postgres
from deploy.embedded.restarts import Restarts
from deploy.serve import serve

READY_SECONDS = 90
STOP_SECONDS = 8
LONGEST_PAUSE_SECONDS = 10.0
CALM_SECONDS = 60.0

Say = Callable[[str], None]


@dataclass
class Worker:
    """One service's process and how often it fell over lately."""

    service: str
    child: process.Child
    started_at: float = field(default_factory=time.monotonic)
    failures: int = 0
    again_at: float | None = None
    # Whether it was started as a program of its own, with the code and settings that were on disk then.
    is_program: bool = False


class Supervisor:
    """The platform of one data directory, from start to stop."""

    def __init__(self, home: Home, *, port: int, say: Say, file_past: Callable[[], None]) -> None:
        self._home = home
        self._say = say
        self._file_past = file_past
        self._addresses = Addresses.choose(gateway=port)
        passwords = home.passwords(password_names())
        self._postgres = Postgres(
            home.postgres,
            port=self._addresses.postgres,
            password=passwords["postgres"],
            log=home.logs / "postgres.log",
            overrides=home.overrides("postgres"),
        )
        self._nats = Nats(
            home.nats,
            port=self._addresses.nats,
            monitoring_port=self._addresses.monitoring,
            log=home.logs / "nats.log",
            access=bus_access(home),
        )
        self._workers: dict[str, Worker] = {}
        self._stopping = False
        self._restarts = Restarts(home)
        self._asked = False

    def run(self, *, when_ready: Callable[[State], None]) -> None:
        """Everything runs until SIGINT or SIGTERM; then nothing does. `LaunchError` where it cannot start."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGUSR1, self._on_asked)
        try:
            self._start()
            if not self._stopping:
                self._file_background()
                state = self._addresses.state(ready=True)
                self._home.publish(state)
                when_ready(state)
            while not self._stopping:
                self._watch()
                if self._asked:
                    self._replace_asked()
                time.sleep(0.2)
        finally:
            self._stop()

    def _on_signal(self, _: int, __: FrameType | None) -> None:
        self._stopping = True

    def _on_asked(self, _: int, __: FrameType | None) -> None:
        self._asked = True

    def _replace_asked(self) -> None:
        """One after the other; the first that does not get ready ends it, and its predecessor works on."""
        self._asked = False
        asked = self._restarts.read()
        while asked is not None and not asked.is_over and not self._stopping:
            refusal = self._replace(self._workers[asked.services[len(asked.done)]])
            done = asked.done if refusal else asked.services[: len(asked.done) + 1]
            asked = replace(asked, done=done, refused=refusal)
            self._restarts.write(asked)

    def _replace(self, worker: Worker) -> str | None:
        """A new process does this service's work; None, or why the old one goes on."""
        listening = self._home.directory / f"{worker.service}.listening"
        listening.unlink(missing_ok=True)
        log, started = self._home.logs / f"{worker.service}.log", time.monotonic()
        successor = self._spawn_program(worker.service, listening=listening)
        while not listening.exists() and successor.poll() is None and not self._stopping:
            self._watch()
            if time.monotonic() - started > READY_SECONDS:
                process.stop(successor, with_signal=signal.SIGTERM, patience_seconds=5)
            time.sleep(0.05)
        if not listening.exists():
            process.stop(successor, with_signal=signal.SIGTERM, patience_seconds=5)
            said = f"see {log}{process.last_line(log)}"
            return f"{worker.service} was not replaced, its new process did not get ready; {said}"
        listening.unlink()
        predecessor, worker.child = worker.child, successor
        worker.started_at, worker.again_at, worker.is_program = time.monotonic(), None, True
        process.stop(predecessor, with_signal=signal.SIGTERM, patience_seconds=STOP_SECONDS)
        self._say(f"{worker.service} was replaced in {time.monotonic() - started:.1f} s")
        return None

    def _start(self) -> None:
        self._home.publish(self._addresses.state(ready=False))
        self._say("starting PostgreSQL and NATS")
        self._postgres.start()
        self._nats.start()
        self._say("loading the services")
        nursery.import_all()
        self._say("migrating the databases, starting the services")
        self._prepare()
        for service in services.ALL:
            self._workers[service] = Worker(service, self._spawn(service))
        self._await_readiness()

    def _prepare(self) -> None:
        log = self._home.logs / "prepare.log"
        if not self._run_step("prepare", lambda: prepare.main(self._home, self._addresses), log=log):
            raise LaunchError(f"The databases could not be prepared; see {log}{process.last_line(log)}")

    def _file_background(self) -> None:
        """Only once; a failure spoils the demonstration, not the platform, and is tried again at the next start."""
        log = self._home.logs / "background.log"
        if self._home.filed.exists():
            return
        if not self._run_step("background", self._file_past, log=log):
            self._say(f"the demonstration's records could not be filed; see {log}{process.last_line(log)}")

    def _run_step(self, name: str, work: Callable[[], None], *, log: Path) -> bool:
        """Run a step of the start to its end; whether it succeeded, or there is no need any more."""
        child = nursery.fork(work, name=name, log=log, environment=plain_environment())
        while child.poll() is None and not self._stopping:
            time.sleep(0.02)
        process.stop(child, with_signal=signal.SIGTERM, patience_seconds=5)
        return self._stopping or child.returncode == 0

    def _spawn_program(self, service: str, *, listening: Path | None = None) -> process.Child:
        """With the code that is on disk now, which a fork of ours would not see. Makes the file when it listens."""
        port, made = str(self._addresses.services[service]), listening or Path(os.devnull)
        program = [sys.executable, "-m", "deploy.serve", service, "--host", ports.LOOPBACK]
        return process.spawn(
            [*program, "--port", port, "--takes-over", made],
            log=self._home.logs / f"{service}.log",
            on_parent_death=signal.SIGKILL,
            environment=environment_for(self._home, self._addresses, service),
        )

    def _spawn(self, service: str) -> Fork:
        port = self._addresses.services[service]
        return nursery.fork(
            lambda: serve(service, host=ports.LOOPBACK, port=port, shared=True),
            name=service,
            log=self._home.logs / f"{service}.log",
            environment=environment_for(self._home, self._addresses, service),
        )

    def _await_readiness(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        waiting = list(services.ALL)
        while waiting and not self._stopping:
            self._refuse_dead(waiting)
            waiting = [name for name in waiting if not is_ready(self._addresses.services[name])]
            if waiting and time.monotonic() > deadline:
                raise LaunchError(f"Not ready after {READY_SECONDS} s: {', '.join(waiting)}; see {self._home.logs}")
            time.sleep(0.05)

    def _refuse_dead(self, names: list[str]) -> None:
        for name in names:
            if self._workers[name].child.poll() is not None:
                log = self._home.logs / f"{name}.log"
                raise LaunchError(f"{name} ended while starting; see {log}{process.last_line(log)}")

    def _watch(self) -> None:
        """Start again what has ended: the servers at once, a service after a pause that doubles."""
        if not self._home.directory.exists():
            self._say("the data directory is gone; stopping")
            self._stopping = True
            return
        for server in (self._postgres, self._nats):
            if server.server is not None and server.server.poll() is not None:
                self._say(f"{type(server).__name__} ended; starting it again")
                server.start()
        for worker in self._workers.values():
            self._revive(worker, at=time.monotonic())

    def _revive(self, worker: Worker, *, at: float) -> None:
        if worker.child.poll() is None:
            return
        if worker.again_at is None:
            calm = at - worker.started_at > CALM_SECONDS
            worker.failures = 1 if calm else worker.failures + 1
            worker.again_at = at + min(0.25 * 2**worker.failures, LONGEST_PAUSE_SECONDS)
            self._say(f"{worker.service} ended with status {worker.child.poll()}; starting it again")
        elif at >= worker.again_at:
            spawn = self._spawn_program if worker.is_program else self._spawn
            worker.child, worker.started_at, worker.again_at = spawn(worker.service), at, None

    def _stop(self) -> None:
        # The gateway first, so that nobody is let in to a house without rooms.
        for name in reversed(services.ALL):
            if name in self._workers and self._workers[name].child.poll() is None:
                self._workers[name].child.send_signal(signal.SIGTERM)
        for worker in self._workers.values():
            process.stop(worker.child, with_signal=signal.SIGTERM, patience_seconds=STOP_SECONDS)
        self._nats.stop()
        self._postgres.stop()
        self._home.forget_state()


def is_ready(port: int) -> bool:
    """Whether the service on this port says that it can do its work."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

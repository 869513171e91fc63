"""Services as forks of one process that has imported them all: imported once, and held in memory once.

Only for one machine. In a container each service is a program of its own, `python -m deploy.serve SERVICE`.
"""

import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from deploy import services
from deploy.embedded import process

_FIRST_INHERITED = 3
_MOST_DESCRIPTORS = 4096


def import_all() -> None:
    """Everything that the services will need is loaded, and kept out of the garbage collector's way."""
    for service in services.ALL:
        import_module(f"{service}.app")
    # A collection would touch every object, and with it copy every page that the forks share.
    gc.collect()
    gc.freeze()


class Fork:
    """A forked child; speaks as much of `subprocess.Popen` as the supervisor needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, once it has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; `subprocess.TimeoutExpired` where it goes on for longer."""
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.01)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def fork(work: Callable[[], None], *, name: str, log: Path, environment: Mapping[str, str]) -> Fork:
    """Run `work` in a child in a session of its own, writing to `log`, killed with this thread however it ends."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Fork(pid)
    status = 1
    try:
        _settle(parent, name=name, log=log, environment=environment)
        work()
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
        if isinstance(leaving.code, str):
            sys.stderr.write(f"{leaving.code}\n")
    except BaseException:  # noqa: BLE001 - nothing may return into the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _settle(parent: int, *, name: str, log: Path, environment: Mapping[str, str]) -> None:
    """Be a process of its own: nothing of the supervisor's is kept but what it imported."""
    process.die_with_parent(parent, signal.SIGKILL)
    process.name_this(f"ov-{name}")
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    # Above all the lock of the data directory: it must be free as soon as the supervisor is gone.
    os.closerange(_FIRST_INHERITED, _MOST_DESCRIPTORS)
    silence, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for source, target in ((silence, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(environment)

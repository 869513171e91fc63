"""The embedded PostgreSQL and NATS: they start after any kind of end, and never outlive who started them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import ports
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import SETTINGS, Postgres
from deploy.provisioning.bus import BusAccess
from deploy.provisioning.postgres import plain
from identity.bus.nkeys import AccountKey
from tests.support.processes import await_end


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "a path with spaces 中文"
    path.mkdir()
    return path


def _cluster(directory: Path) -> Postgres:
    (port,) = ports.free_ports(1)
    return Postgres(directory / "postgres", port=port, password="secret", log=directory / "postgres.log")


@pytest.fixture
def cluster(directory: Path) -> Generator[Postgres]:
    postgres = _cluster(directory)
    yield postgres
    postgres.stop()


async def _ask(postgres: Postgres, question: str) -> object:
    conn = await asyncpg.connect(plain(postgres.url()))
    try:
        return await conn.fetchval(question)
    finally:
        await conn.close()


class TestPostgres:
    async def test_a_new_cluster_is_checked_durable_and_silent_about_values(self, cluster: Postgres) -> None:
        cluster.start()
        expected = {
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "fsync": "on",
            "synchronous_commit": "on",
            "TimeZone": "UTC",
            "log_error_verbosity": "terse",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "idle_in_transaction_session_timeout": "15s",
            "statement_timeout": "10s",
        }
        assert {name: await _ask(cluster, f"SHOW {name}") for name in expected} == expected

    async def test_every_setting_of_ours_is_one_that_this_postgresql_knows(self, cluster: Postgres) -> None:
        cluster.start()
        unknown = await _ask(cluster, "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL")
        assert unknown == 0
        assert await _ask(cluster, "SELECT count(*) FROM pg_file_settings WHERE applied") == len(SETTINGS) + 1

    async def test_a_wrong_password_is_refused(self, cluster: Postgres) -> None:
        cluster.start()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(plain(cluster.url()).replace("secret", "guess"))

    async def test_it_starts_again_on_the_same_data(self, cluster: Postgres, directory: Path) -> None:
        cluster.start()
        await _ask(cluster, "CREATE TABLE kept AS SELECT 7 AS value")
        cluster.stop()
        again = _cluster(directory)
        again.start()
        assert await _ask(again, "SELECT value FROM kept") == 7
        again.stop()

    async def test_it_starts_again_after_it_was_killed(self, cluster: Postgres) -> None:
        cluster.start()
        await _ask(cluster, "CREATE TABLE kept AS SELECT 7 AS value")
        assert cluster.server is not None
        cluster.server.kill()
        cluster.server.wait()
        cluster.start()
        assert await _ask(cluster, "SELECT value FROM kept") == 7

    def test_a_half_made_cluster_of_an_interrupted_run_is_made_again(self, cluster: Postgres, directory: Path) -> None:
        building = directory / "postgres.new"
        building.mkdir()
        (building / "PG_VERSION").write_text("18")
        cluster.start()
        assert not building.exists()

    def test_a_pid_file_whose_number_is_another_program_now_is_forgotten(self, cluster: Postgres) -> None:
        cluster.start()
        assert cluster.server is not None
        cluster.server.kill()
        cluster.server.wait()
        pid_file = cluster.directory / "postmaster.pid"
        pid_file.write_text(pid_file.read_text().replace(str(cluster.server.pid), str(os.getpid()), 1))
        cluster.start()

    def test_the_cluster_is_closed_to_others(self, cluster: Postgres) -> None:
        cluster.start()
        assert cluster.directory.stat().st_mode & 0o077 == 0
        assert not list(cluster.directory.parent.glob("*.password"))


class TestNats:
    def test_only_the_named_users_are_let_in(self, directory: Path) -> None:
        port, monitoring = ports.free_ports(2)
        server = Nats(
            directory / "nats",
            port=port,
            monitoring_port=monitoring,
            log=directory / "nats.log",
            access=BusAccess({"licensing": "s3cret"}, "another", "third", AccountKey.generate().public),
        )
        server.start()
        greetings = {user: _greeting(port, user) for user in ("nats-licensing", "nats-system", "stranger")}
        server.stop()
        # A stranger is asked about at identity, and nobody answers: no.
        assert greetings == {"nats-licensing": b"PONG", "nats-system": b"-ERR", "stranger": b"-ERR"}

    def test_the_configuration_with_its_passwords_is_closed_to_others(self, directory: Path) -> None:
        port, monitoring = ports.free_ports(2)
        server = Nats(directory / "nats", port=port, monitoring_port=monitoring, log=directory / "nats.log")
        server.start()
        server.stop()
        assert (server.directory / "nats.conf").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_process_that_started_it(directory: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.launching", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    with parent.stdout as output:
        children = json.loads(output.readline())
        parent.send_signal(number)
        parent.wait()
    assert await_end(children.values()) == []
    shutil.rmtree(directory)


def _greeting(port: int, user: str) -> bytes:
    with socket.create_connection((ports.LOOPBACK, port), timeout=10) as connection:
        stream = connection.makefile("rwb")
        stream.readline()
        login = json.dumps({"user": user, "pass": "s3cret", "verbose": False})
        stream.write(f"CONNECT {login}\r\nPING\r\n".encode())
        stream.flush()
        # The server greets whom it has not let in yet as well.
        return next(word for line in stream if (word := line.split()[0]) != b"PING")

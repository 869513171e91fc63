"""To a moment in the past: the steps of docs/operations/backup-and-upgrade.md, with the real programs."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import asyncpg
import pytest

from deploy import services
from deploy.backup.programs import program
from deploy.embedded import ports
from deploy.embedded.postgres import SUPERUSER, Postgres, database_url
from deploy.migration import migrate
from deploy.provisioning.postgres import owner_of, plain, provision
from tests.deploy.backup.writing import contents, note

pytestmark = pytest.mark.slow

PASSWORD = "secret"
ROLES = {role: PASSWORD for service in services.WITH_DATABASE for role in (service, owner_of(service))}


class Cluster:
    """A PostgreSQL whose log of changes is kept, and its archive."""

    def __init__(self, directory: Path, archive: Path) -> None:
        (port,) = ports.free_ports(1)
        kept = {
            "archive_mode": "on",
            "archive_command": f"'test ! -f {archive}/%f && cp %p {archive}/%f'",
            # Read at a start only where there is a recovery.signal.
            "restore_command": f"'cp {archive}/%f %p'",
        }
        self.kept = kept
        self.archive = archive
        self.postgres = Postgres(
            directory, port=port, password=PASSWORD, log=directory.with_name(f"{directory.name}.log"), overrides=kept
        )

    def roles(self) -> dict[str, str]:
        return self._urls(lambda service: service)

    def owners(self) -> dict[str, str]:
        return {service: plain(url) for service, url in self._urls(owner_of).items()}

    def _urls(self, role_of: Callable[[str], str]) -> dict[str, str]:
        return {
            service: database_url(role_of(service), PASSWORD, port=self.postgres.port, database=service)
            for service in services.WITH_DATABASE
        }

    async def prepare(self) -> None:
        await provision(self.postgres.url(), services.WITH_DATABASE, passwords=ROLES)
        for service in services.WITH_DATABASE:
            await migrate(service, self._urls(owner_of)[service])

    async def ask(self, question: str) -> str:
        conn = await asyncpg.connect(plain(self.postgres.url()))
        try:
            return str(await conn.fetchval(question))
        finally:
            await conn.close()

    def copy_to(self, base: Path) -> None:
        """A base backup. Not verified here: the pg_verifybackup of the wheel falls over (SIGSEGV) at any backup."""
        told = {"PGPASSWORD": PASSWORD}
        where = ["--host=127.0.0.1", f"--port={self.postgres.port}", f"--username={SUPERUSER}", "--no-password"]
        run([program("pg_basebackup"), *where, "--checkpoint=fast", f"--pgdata={base}"], told)


def run(command: list[str], told: dict[str, str]) -> None:
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def cluster(tmp_path: Path) -> Generator[Cluster]:
    archive = tmp_path / "archive"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    cluster = Cluster(tmp_path / "before", archive)
    cluster.postgres.start()
    yield cluster
    cluster.postgres.stop()


async def write_everywhere(cluster: Cluster) -> None:
    for count, url in enumerate(cluster.roles().values(), start=3):
        await note(url, numbered=count, pending=1)


def test_the_databases_are_put_back_to_a_moment_between_two_changes(cluster: Cluster, tmp_path: Path) -> None:
    asyncio.run(cluster.prepare())
    asyncio.run(write_everywhere(cluster))
    cluster.copy_to(tmp_path / "base")

    asyncio.run(write_everywhere(cluster))
    then = asyncio.run(contents(cluster.owners()))
    moment = asyncio.run(cluster.ask("SELECT clock_timestamp()"))
    asyncio.run(write_everywhere(cluster))
    later = asyncio.run(contents(cluster.owners()))
    asyncio.run(cluster.ask("SELECT pg_switch_wal()"))
    # A clean stop waits until all of the log is archived.
    cluster.postgres.stop()

    shutil.copytree(tmp_path / "base", tmp_path / "after")
    (tmp_path / "after" / "recovery.signal").touch()
    restored = Cluster(tmp_path / "after", cluster.archive)
    restored.postgres = put_back(restored, moment)
    restored.postgres.start()
    try:
        asyncio.run(recovered(restored))
        assert asyncio.run(contents(restored.owners())) == then
        assert then != later
        asyncio.run(write_everywhere(restored))
    finally:
        restored.postgres.stop()


def put_back(cluster: Cluster, moment: str) -> Postgres:
    target = {"recovery_target_time": f"'{moment}'", "recovery_target_action": "'promote'"}
    return Postgres(
        cluster.postgres.directory,
        port=cluster.postgres.port,
        password=PASSWORD,
        log=cluster.postgres.log,
        overrides={**cluster.kept, **target},
    )


async def recovered(cluster: Cluster) -> None:
    async with asyncio.timeout(60):
        while await cluster.ask("SELECT pg_is_in_recovery()") == "True":  # noqa: ASYNC110 - the server's work
            await asyncio.sleep(0.05)

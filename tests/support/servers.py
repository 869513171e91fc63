"""The PostgreSQL server of a test run: from ONEVISIT_TEST_DATABASE_URL if set, else a container, else the embedded one.

One server per run, shared by the workers of pytest-xdist, gone when the last of them is. The buses of
tests/support/bus.py are kept in the same way.

    async def test_something(postgres: str) -> None:
        conn = await asyncpg.connect(plain(postgres))     # as superuser; most tests want `new_database` instead
"""

import asyncio
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.embedded import ports
from tests.support.roles import create_roles


@pytest.fixture(scope="session")
def postgres(run_directory: Path) -> Generator[str]:
    """URL of the server as its superuser (`postgresql+asyncpg://…/postgres`)."""
    given = os.environ.get("ONEVISIT_TEST_DATABASE_URL")
    if given:
        with (run_directory / "roles").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            asyncio.run(create_roles(given))
        yield given
        return
    with kept("postgres", run_directory / "postgres") as url:
        yield url


@contextmanager
def kept(kind: str, directory: Path) -> Generator[str]:
    """URL of the server that this directory is for, which runs as long as anybody is in such a block."""
    directory.mkdir(exist_ok=True)
    with (directory / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield _url_of_started(kind, directory)


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _url_of_started(kind: str, directory: Path) -> str:
    state = directory / "state.json"
    with (directory / "start").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            _start_keeper(kind, directory, state)
    return str(json.loads(state.read_text())["url"])


def _start_keeper(kind: str, directory: Path, state: Path) -> None:
    log = directory / "keeper.log"
    with log.open("w") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.keeper", kind, str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
    ports.wait_until(lambda: state.exists() or keeper.poll() is not None, seconds=60)
    if not state.exists():
        pytest.exit(f"The {kind} of the tests did not start:\n{log.read_text()}", returncode=3)

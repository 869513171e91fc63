"""The process that keeps a server of this run while any test process needs it.

Every test process holds a shared lock on `users`; the keeper waits for the exclusive one. The kernel gives it when
the last test process ends, however it ends, so nothing is left behind. Run it as
`python -m tests.support.keeper KIND DIR`.
"""

import asyncio
import fcntl
import json
import shutil
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from deploy.embedded import ports
from deploy.embedded.postgres import Postgres
from tests.support import containers
from tests.support.roles import create_roles

PASSWORD = "tests-on-loopback"
# Tests lose nothing by losing their data, and wait for no disk.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "file_copy_method": "'clone'",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    # A connection costs milliseconds otherwise, and a test makes several. What `onevisit up` does has its own tests.
    "scram_iterations": "1",
}


@contextmanager
def embedded_postgres(directory: Path) -> Generator[str]:
    """From the binaries in a wheel; answers its URL as the superuser."""
    (port,) = ports.free_ports(1)
    server = Postgres(
        directory / "cluster", port=port, password=PASSWORD, log=directory / "postgres.log", overrides=FAST
    )
    server.start()
    yield server.url()
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@contextmanager
def postgres(directory: Path) -> Generator[str]:
    """In a container where that can be; with the two roles of every test database."""
    kept = containers.postgres(PASSWORD, FAST) if containers.engine_answers() else embedded_postgres(directory)
    with kept as url:
        asyncio.run(create_roles(url))
        yield url


def keep(kind: str, directory: Path) -> None:
    """Say where the server is, and let it run until nobody needs it."""
    server: AbstractContextManager[str] = postgres(directory) if kind == "postgres" else containers.nats()
    state = directory / "state.json"
    with server as url:
        draft = directory / "state.json.new"
        draft.write_text(json.dumps({"url": url}))
        draft.rename(state)
        with (directory / "users").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            # Still locked: a test process that comes now waits, finds no state, and starts a keeper of its own.
            state.unlink()


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))

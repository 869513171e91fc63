"""The process that keeps this run's PostgreSQL while any test process needs it.

Every test process holds a shared lock on `users`; the keeper waits for the exclusive one. The kernel gives it when
the last test process ends, however it ends, so nothing is left behind. Run as `python -m tests.support.keeper DIR`.
"""

import asyncio
import fcntl
import json
import shutil
import sys
from pathlib import Path

from deploy.embedded import ports
from deploy.embedded.postgres import Postgres
from tests.support.roles import create_roles

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


def keep(directory: Path) -> None:
    (port,) = ports.free_ports(1)
    server = Postgres(
        directory / "cluster",
        port=port,
        password="tests-on-loopback",
        log=directory / "postgres.log",
        overrides=FAST,
    )
    server.start()
    asyncio.run(create_roles(server.url()))
    state = directory / "state.json"
    draft = directory / "state.json.new"
    draft.write_text(json.dumps({"url": server.url()}))
    draft.rename(state)
    with (directory / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        # Still locked: a test process that comes now waits, finds no state, and starts a keeper of its own.
        state.unlink()
        server.stop()
        shutil.rmtree(server.directory, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))

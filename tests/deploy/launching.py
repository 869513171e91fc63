"""A parent process that starts PostgreSQL and NATS in DIR, says who they are, and waits to be ended by the test."""

import json
import signal
import sys
import time
from pathlib import Path

from deploy.embedded import ports
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres


def main(directory: Path) -> None:
    # Who is started in the background by a shell ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    port, bus, monitoring = ports.free_ports(3)
    postgres = Postgres(directory / "postgres", port=port, password="secret", log=directory / "postgres.log")
    nats = Nats(directory / "nats", port=bus, monitoring_port=monitoring, log=directory / "nats.log")
    postgres.start()
    nats.start()
    assert postgres.server is not None
    assert nats.server is not None
    sys.stdout.write(json.dumps({"postgres": postgres.server.pid, "nats": nats.server.pid}) + "\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

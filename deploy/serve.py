"""Runs one service: `python -m deploy.serve licensing --port 8001`. Its settings come from the environment."""

import argparse
import os
from importlib import import_module

import uvicorn

from deploy import services
from shared.web.protocol import BoundedProtocol

# Responses under way when asked to stop get this long; event streams are cut after it.
GRACE_SECONDS = 5


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__)
    parser.add_argument("service", choices=services.ALL)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--start-when-closed", type=int, metavar="FD", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    # Importing takes longer than everything else; what must come first (migrations) runs meanwhile.
    create_app = import_module(f"{arguments.service}.app").create_app
    if arguments.start_when_closed is not None:
        _wait_for_end_of(arguments.start_when_closed)
    uvicorn.run(
        create_app,
        factory=True,
        host=arguments.host,
        port=arguments.port,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        # Each service configures its own structured logs; a second line per request says nothing new.
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing a caller claims about itself in X-Forwarded-* is believed.
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=512,
    )


def _wait_for_end_of(descriptor: int) -> None:
    with os.fdopen(descriptor, "rb") as pipe:
        pipe.read()


if __name__ == "__main__":
    main()

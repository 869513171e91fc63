"""Runs one service: `python -m deploy.serve licensing --port 8001`. Its settings come from the environment."""

import argparse
import sys
from importlib import import_module

import uvicorn

from deploy import services
from shared.errors import CannotStart
from shared.web.protocol import BoundedProtocol

# Responses under way when asked to stop get this long; event streams are cut after it.
GRACE_SECONDS = 5


def main() -> None:
    """Serve what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__)
    parser.add_argument("service", choices=services.ALL)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    arguments = parser.parse_args()
    serve(arguments.service, host=arguments.host, port=arguments.port)


def serve(service: str, *, host: str, port: int) -> None:
    """Serve until told to stop; what keeps the service from starting is one line."""
    try:
        _serve(service, host=host, port=port)
    except CannotStart as refusal:
        sys.exit(f"{service} does not start: {refusal}")


def _serve(service: str, *, host: str, port: int) -> None:
    uvicorn.run(
        import_module(f"{service}.app").create_app,
        factory=True,
        host=host,
        port=port,
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


if __name__ == "__main__":
    main()

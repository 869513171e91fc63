"""Runs one service: `python -m deploy.serve licensing --port 8001`. Its settings come from the environment."""

import argparse
import asyncio
import os
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

from starlette.types import ASGIApp

from deploy import services, takeover
from deploy.checks.settings import read_settings, stop_if_unsafe
from shared.errors import CannotStart
from shared.settings import ServiceSettings
from shared.web.protocol import BoundedProtocol

# Responses under way when asked to stop get this long; event streams are cut after it.
GRACE_SECONDS = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main() -> None:
    """Serve what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__)
    parser.add_argument("service", choices=services.ALL)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument(
        "--takes-over", type=Path, metavar="FILE", help="listen beside whoever does, once ready; make FILE"
    )
    arguments = parser.parse_args()
    serve(arguments.service, host=arguments.host, port=arguments.port, announce=arguments.takes_over)


def serve(service: str, *, host: str, port: int, shared: bool = False, announce: Path | None = None) -> None:
    """Serve until told to stop; whatever keeps the service from starting is one line each.

    `shared` and `announce` are for who replaces a running service: see `takeover`.
    """
    try:
        settings = read_settings(service)
        _refuse_unsafe(service, settings, host=host)
        _serve(service, settings, host=host, port=port, shared=shared, announce=announce)
    except CannotStart as refusal:
        sys.exit("\n".join(f"{service} does not start: {line}" for line in str(refusal).splitlines()))


def _refuse_unsafe(service: str, settings: ServiceSettings, *, host: str) -> None:
    if settings.profile != "embedded":
        # Whoever starts the embedded platform has just made everything that this looks at.
        from deploy.checks.service import check_service  # noqa: PLC0415

        stop_if_unsafe(asyncio.run(check_service(service, settings, os.environ, wholly=False)))
    elif host not in LOOPBACK:
        raise CannotStart("the embedded profile is for a demonstration on this machine: listen on 127.0.0.1")


def _serve(
    service: str, settings: ServiceSettings, *, host: str, port: int, shared: bool, announce: Path | None
) -> None:
    takeover.run(
        partial(_compose, service, settings),
        shared=shared,
        announce=announce,
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


def _compose(service: str, settings: ServiceSettings) -> ASGIApp:
    try:
        app: ASGIApp = import_module(f"{service}.app").create_app(settings)
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read ({error.strerror})") from None
    return app


if __name__ == "__main__":
    main()

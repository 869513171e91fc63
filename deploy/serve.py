"""Runs one service: `python -m deploy.serve licensing --port 8001`. Its settings come from the environment."""

import argparse
import asyncio
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

from pydantic import ValidationError
from starlette.types import ASGIApp

from deploy import services, takeover
from shared.errors import CannotStart
from shared.settings import ServiceSettings, refusal_of
from shared.web.protocol import BoundedProtocol

# Responses under way when asked to stop get this long; event streams are cut after it.
GRACE_SECONDS = 5


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
    """Serve until told to stop; what keeps the service from starting is one line.

    `shared` and `announce` are for who replaces a running service: see `takeover`.
    """
    try:
        _serve(service, host=host, port=port, shared=shared, announce=announce)
    except CannotStart as refusal:
        sys.exit(f"{service} does not start: {refusal}")


def _serve(service: str, *, host: str, port: int, shared: bool, announce: Path | None) -> None:
    settings = _settings_of(service)
    if settings.profile != "embedded":
        # Whoever starts the embedded platform has just made everything that this looks at.
        from deploy import preflight  # noqa: PLC0415

        asyncio.run(preflight.check(service, settings))
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


def _settings_of(service: str) -> ServiceSettings:
    declared: type[ServiceSettings] = getattr(import_module(f"{service}.settings"), f"{service.capitalize()}Settings")
    try:
        return declared()
    except ValidationError as error:
        raise refusal_of(error) from None


def _compose(service: str, settings: ServiceSettings) -> ASGIApp:
    try:
        app: ASGIApp = import_module(f"{service}.app").create_app(settings)
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read ({error.strerror})") from None
    return app


if __name__ == "__main__":
    main()

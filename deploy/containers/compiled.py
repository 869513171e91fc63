"""Compiles what the services and the command line import, and no more: everything would be twice the size."""

import sys
from importlib import import_module

from deploy import services

_TASKS = ("deploy.cli", "deploy.cli.keys.work", "deploy.serve", "deploy.migration", "deploy.demo", "identity.bootstrap")
_LATE = (
    "rich.live",
    "shared.tracing.spans",
    "certificates.sealing.hsm",
    "onevisit_client",
    "uvloop",
    "httptools",
    "uvicorn.lifespan.on",
)


def main() -> None:
    """Every module is on disk as bytecode. Fails where one cannot be imported."""
    sys.dont_write_bytecode = False
    for module in (*_TASKS, *_LATE, *(f"{service}.app" for service in services.ALL)):
        import_module(module)


if __name__ == "__main__":
    main()

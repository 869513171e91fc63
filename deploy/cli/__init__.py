"""The `onevisit` command. Refusals are one clear line and exit status 1; wrong usage is 2."""

import logging
import sys
from collections.abc import Sequence

import typer

from deploy.cli import (
    admin,
    backup,
    content,
    demonstration,
    doctor,
    events,
    keys,
    platform,
    renewing,
    secrets,
    upkeep,
    verifying,
)
from deploy.embedded.errors import LaunchError
from shared.errors import CannotStart

app = typer.Typer(
    name="onevisit",
    help="Once-only government services: one identification, one application, every department.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_PARTS = (platform, demonstration, content, verifying, events, keys, admin, secrets, doctor, upkeep, backup, renewing)
for part in (module.app for module in _PARTS):
    app.registered_commands += part.registered_commands
    app.registered_groups += part.registered_groups


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: these arguments, or the process's own."""
    # Of every connection that ends which became encrypted after it was made, as those to the bus do. It means nothing.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    try:
        app(arguments)
    except (LaunchError, CannotStart) as error:
        sys.stderr.write(f"onevisit: {error}\n")
        sys.exit(1)

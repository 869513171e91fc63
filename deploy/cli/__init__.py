"""The `onevisit` command. Refusals are one clear line and exit status 1; wrong usage is 2."""

import sys

import typer

from deploy.cli import content, demonstration, events, platform, upkeep
from deploy.embedded.errors import LaunchError

app = typer.Typer(
    name="onevisit",
    help="Once-only government services: one identification, one application, every department.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for part in (platform.app, demonstration.app, content.app, events.app, upkeep.app):
    app.registered_commands += part.registered_commands
    app.registered_groups += part.registered_groups


def main() -> None:
    """Run the command line."""
    try:
        app()
    except LaunchError as error:
        sys.stderr.write(f"onevisit: {error}\n")
        sys.exit(1)

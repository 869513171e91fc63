"""`onevisit admin`: what an administrator changes, through the running platform's own REST API."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.admin import acts, beginning, clients, content, departments, duties, officers
from deploy.cli.content import catalogue
from deploy.cli.door import DEFAULT_CLIENT, Door

app = typer.Typer()
admin = typer.Typer(help="Set up a real city: departments, officers, clients, regions, days.", no_args_is_help=True)
app.add_typer(admin, name="admin")
for part in (departments.app, duties.app, officers.app, clients.app, content.app, acts.app, beginning.app):
    admin.registered_commands += part.registered_commands
    admin.registered_groups += part.registered_groups

admin.add_typer(catalogue, name="catalogue")


@admin.callback()
def through(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            envvar="ONEVISIT_URL",
            help="The platform, by its public address; that of the data directory if left out.",
            show_default=False,
        ),
    ] = None,
    client: Annotated[
        str, typer.Option("--client", envvar="ONEVISIT_ADMIN_CLIENT", help="The client that you are.")
    ] = DEFAULT_CLIENT,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            envvar="ONEVISIT_ADMIN_KEY_FILE",
            help="Its private key, PEM; the demonstration's `ops` if left out.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Departments, officers, clients and their keys, as an administrator of the running platform."""
    context.obj = Door(url=url, client=client, key=key)

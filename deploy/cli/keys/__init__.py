"""`onevisit keys`: the keys by which certificates are sealed, and what was sealed with them."""

import typer

from deploy.cli.keys import ceremonies

app = typer.Typer()
keys = typer.Typer(
    help="Keys that seal certificates, their chain to the root, and what they sealed.", no_args_is_help=True
)
keys.registered_commands += ceremonies.app.registered_commands
app.add_typer(keys, name="keys")

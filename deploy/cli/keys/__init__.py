"""`onevisit keys`: the keys by which certificates are sealed, and what was sealed with them."""

import typer

from deploy.cli.keys import ceremonies, work

app = typer.Typer()
keys = typer.Typer(
    help="Keys that seal certificates, their chain to the root, and what they sealed.", no_args_is_help=True
)
for part in (ceremonies.app, work.app):
    keys.registered_commands += part.registered_commands
app.add_typer(keys, name="keys")

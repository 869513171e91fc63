"""`onevisit events`: a department's events, from the first to the next one, and the proof that none is missing."""

import typer

from deploy.cli.events import flow, upkeep

app = typer.Typer()
events = typer.Typer(
    help="Events of a department: subscribe, replay, and prove that none was missed.", no_args_is_help=True
)
app.add_typer(events, name="events")
for part in (flow.app, upkeep.app):
    events.registered_commands += part.registered_commands

"""`events subscribe | tail | replay`: a department's events, as they happen and as they happened."""

import asyncio
from typing import Annotated

import typer

from deploy.cli.events.options import Department, Name, Topics
from deploy.cli.events.subscribers import Kept, Subscribers, name_for, running_home
from deploy.cli.options import DATA_DIR, DataDir, Json
from deploy.embedded.errors import LaunchError

app = typer.Typer()


@app.command(
    epilog="Example: onevisit events subscribe --as medical-insurance "
    "'evt.certificate.issued.household-register-page.33.>' --exec ./enrol.py"
)
def subscribe(
    topics: Topics,
    department: Department,
    name: Name = None,
    execute: Annotated[
        str | None,
        typer.Option(
            "--exec",
            metavar="CMD",
            help="Started for each event, which is one line of JSON on its standard input; exit status 0 means that "
            "the event is done. No shell is involved; where you want one: --exec \"sh -c '...'\".",
        ),
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, max=100, help="How often a failed event is tried again before it is parked.")
    ] = 7,
    once: Annotated[bool, typer.Option("--once", help="End when all that there is now is done.")] = False,
    idle_exit: Annotated[
        float | None, typer.Option("--idle-exit", metavar="S", min=0.1, help="End after S seconds without an event.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Handle every event of these topics, from the first one ever, at least once, in order per entity; until Ctrl-C.

    Without --exec events are printed. What fails is tried again after 1 s, 2 s, 4 s, ...; then it is parked with the
    later events of its entity, while others go on. Started again, it goes on where it was. Exit status 1 if it ends by
    itself while an event is parked.
    """
    from deploy.cli.events import work  # noqa: PLC0415 - brings HTTP and NATS, which few commands need
    from deploy.cli.events.command import parse_command  # noqa: PLC0415

    command = parse_command(execute) if execute else []
    subscribers = Subscribers(running_home(data_dir))
    kept = Kept(name or name_for(department, topics), department, topics, command, retries)
    ends = work.Ends(once=once, idle_seconds=idle_exit)
    with subscribers.held(kept.name):
        parked = asyncio.run(work.subscribe(data_dir, subscribers, kept, ends=ends, as_json=json))
    if parked:
        raise LaunchError(f"{parked} parked; see: onevisit events parked --as {department} --name {kept.name}")


@app.command(epilog="Example: onevisit events tail --as public-security 'evt.record.filed.birth-record.33.>' --json")
def tail(topics: Topics, department: Department, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Print events as they happen, from now on; nothing is acknowledged and nothing remembered."""
    from deploy.cli.events import work  # noqa: PLC0415

    running_home(data_dir)
    try:
        asyncio.run(work.tail(data_dir, department, topics, as_json=json))
    except KeyboardInterrupt:
        raise typer.Exit from None


@app.command(
    epilog="Example: onevisit events replay --as public-security 'evt.record.filed.birth-record.33.>' --json > all"
)
def replay(
    topics: Topics,
    department: Department,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Go on behind this cursor, which a replay printed.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Print every event that there ever was on these topics, in order, from the feed; then say where it ended.

    Progress and the cursor go to standard error, so that standard output holds events alone.
    """
    from deploy.cli.events import work  # noqa: PLC0415

    running_home(data_dir)
    count, cursor = asyncio.run(work.replay(data_dir, department, topics, after=after, as_json=json))
    typer.echo(f"onevisit: {count} events; to go on from here: --after {cursor}", err=True)

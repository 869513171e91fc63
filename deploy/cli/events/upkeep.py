"""`events reconcile | parked | redrive | list | remove`: what is held, what is missing, what waits for a person."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.events.options import Department, Name
from deploy.cli.events.subscribers import Kept, Subscribers, running_home
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from deploy.cli.events.work import Reconciled

app = typer.Typer()

AnyDepartment = Annotated[
    str | None, typer.Option("--as", metavar="DEPARTMENT", help="Whose subscriber, on this machine.")
]
Service = Annotated[
    str | None,
    typer.Option("--service", metavar="SERVICE", help="A consumer of the platform itself: licensing, records, ..."),
]
Consumer = Annotated[str | None, typer.Option("--consumer", help="Of that service, this consumer alone.")]


@app.command(epilog="Example: onevisit events reconcile --as medical-insurance")
def reconcile(
    department: Department,
    name: Name = None,
    execute: Annotated[
        str | None, typer.Option("--exec", metavar="CMD", help="Instead of the command that it was subscribed with.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Prove that a subscriber has every event: compare what it stored with the heads, name every gap, and heal it.

    What is missing is read from the feed and handled by the subscriber's command as if it had come in time; without a
    command it is printed. Exit status 1 if something is still missing, or differs from what the platform holds.
    """
    from deploy.cli.events import work  # noqa: PLC0415 - brings HTTP and NATS, which few commands need
    from deploy.cli.events.command import parse_command  # noqa: PLC0415

    subscribers = Subscribers(running_home(data_dir))
    kept = subscribers.choose(department, name)
    if execute:
        kept = Kept(kept.name, kept.department, kept.topics, parse_command(execute), kept.retries)
    found = asyncio.run(work.reconcile_now(data_dir, subscribers, kept, as_json=json))
    if json:
        told = {"name": kept.name, "complete": found.report.complete, "waiting": found.waiting}
        answer({**told, **asdict(found.report, dict_factory=_shown)})
    else:
        _tell(kept, found)
    if not found.proven:
        raise typer.Exit(1)


@app.command(epilog="Examples: onevisit events parked --as tax; onevisit events parked --service licensing")
def parked(
    department: AnyDepartment = None,
    name: Name = None,
    service: Service = None,
    consumer: Consumer = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Show the events that failed too often and wait for a person, with those of the same entity behind them."""
    rows = asyncio.run(_parked(running_home(data_dir), _one_of(department, service), name, consumer))
    if json:
        answer({"items": rows})
    elif rows:
        _table(rows, ("event", "subject", "topic", "attempts", "reason", "since"))
    else:
        typer.echo("nothing is parked")


@app.command(epilog="Example: onevisit events redrive --as tax --subject 0190f5e4-...")
def redrive(
    department: AnyDepartment = None,
    name: Name = None,
    service: Service = None,
    consumer: Consumer = None,
    subject: Annotated[str | None, typer.Option(help="Only the events of this entity.")] = None,
    skip: Annotated[
        str | None, typer.Option(metavar="EVENT", help="This event shall have no effect; those behind it go on.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Let parked events be tried again, an entity's in their order: by the subscriber, now or when it runs next."""
    home, whose = running_home(data_dir), _one_of(department, service)
    count = asyncio.run(_redrive(home, whose, name, consumer, subject=subject, skip=skip))
    if json:
        answer({"skipped" if skip else "redriven": count})
    else:
        typer.echo(f"{count} {'skipped' if skip else 'redriven'}")


@app.command("list", epilog="Example: onevisit events list --as medical-insurance")
def list_subscriptions(department: Department, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Show the department's subscriptions, and how far each is."""
    from deploy.cli.events import work  # noqa: PLC0415

    async def ask() -> list[dict[str, Any]]:
        async with work.platform_of(data_dir, department) as platform:
            return [asdict(each) for each in await platform.subscriptions()]

    rows = asyncio.run(ask())
    if json:
        answer({"items": rows})
    elif rows:
        _table(
            [{**row, "topics": "\n".join(row["topics"])} for row in rows],
            ("name", "topics", "delivered", "acknowledged", "head", "lag"),
        )
    else:
        typer.echo(f"{department} has no subscription")


@app.command(epilog="Example: onevisit events remove --as medical-insurance births")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `events list` shows it.")],
    department: Department,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """End a subscription, and forget here what it has seen. One of the same name begins at the first event again."""
    from deploy.cli.events import work  # noqa: PLC0415

    async def end() -> None:
        async with work.platform_of(data_dir, department) as platform:
            await platform.unsubscribe(name)

    subscribers = Subscribers(running_home(data_dir))
    with subscribers.held(name):
        asyncio.run(end())
        subscribers.forget(name)
    if json:
        answer({"removed": name})
    else:
        typer.echo(f"{name} is removed")


def _one_of(department: str | None, service: str | None) -> tuple[str | None, str | None]:
    if (department is None) == (service is None):
        raise typer.BadParameter("name either --as DEPARTMENT or --service SERVICE")
    return department, service


async def _parked(
    home: Home, whose: tuple[str | None, str | None], name: str | None, consumer: str | None
) -> list[dict[str, Any]]:
    from deploy.cli.events import parking  # noqa: PLC0415

    department, service = whose
    if service is not None:
        return await parking.of_service(home, service, consumer=consumer)
    assert department is not None
    subscribers = Subscribers(home)
    return await parking.of_subscriber(subscribers.inbox(subscribers.choose(department, name).name))


async def _redrive(
    home: Home,
    whose: tuple[str | None, str | None],
    name: str | None,
    consumer: str | None,
    *,
    subject: str | None,
    skip: str | None,
) -> int:
    from deploy.cli.events import parking  # noqa: PLC0415

    department, service = whose
    if service is not None:
        return await parking.redrive_service(home, service, consumer=consumer, subject=subject, skip=skip)
    assert department is not None
    subscribers = Subscribers(home)
    inbox = subscribers.inbox(subscribers.choose(department, name).name)
    return await parking.redrive_subscriber(inbox, subject=subject, skip=skip)


def _shown(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Where healing looks for a gap is its own affair: a gap is told by its topic's numbers."""
    return {name: value for name, value in fields if name != "position"}


def _tell(kept: Kept, found: "Reconciled") -> None:
    report = found.report
    if report.gaps:
        healed = {(gap.source, gap.topic): gap.last for gap in report.healed}
        _table(
            [
                {
                    **asdict(gap),
                    "missing": gap.last - gap.first + 1,
                    "healed": max(0, healed.get((gap.source, gap.topic), gap.first - 1) - gap.first + 1),
                }
                for gap in report.gaps
            ],
            ("source", "topic", "first", "last", "missing", "healed"),
        )
    for alarm in report.alarms:
        typer.echo(f"DIFFERS  {alarm.topic} at {alarm.sequence}: {alarm.kind} {alarm.detail}".rstrip())
    for service in report.unavailable:
        typer.echo(f"UNKNOWN  {service} does not answer")
    if found.waiting:
        parked = f"onevisit events parked --as {kept.department} --name {kept.name}"
        typer.echo(
            f"WAITING  {found.waiting} held, but not done: its subscriber tries again what is not parked; {parked}"
        )
    verdict = "complete" if report.complete else "NOT COMPLETE"
    typer.echo(f"{verdict}: {kept.name} against {report.events} events on {report.topics} topics, by number and hash")


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Rows for a person; as wide as they are where nobody looks, and nothing cut off anywhere."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[column]) if row[column] is not None else "" for column in columns))
    console.width = console.width if console.is_terminal else 400
    console.print(table)

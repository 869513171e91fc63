"""`migrate`, `provision` and `bootstrap`: what operations need before the services start."""

import asyncio
from json import loads
from pathlib import Path
from typing import Annotated, Literal

import typer

from deploy import services
from deploy.cli import provisioning
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError

app = typer.Typer()


@app.command()
def migrate(
    service: Annotated[
        list[str] | None, typer.Option("--service", help="Only this service; may be given several times.")
    ] = None,
    data_dir: DataDir = DATA_DIR,  # noqa: ARG001 - every command has it; `up` migrates its own databases
    json: Json = False,
) -> None:
    """Bring databases to their newest revision, as their owner: ONEVISIT_MIGRATE_<SERVICE>_URL names each.

    `onevisit up` needs no such step; it migrates the databases of its data directory itself.
    """
    from deploy.containers.addresses import owner_address  # noqa: PLC0415
    from deploy.containers.databases import migrated  # noqa: PLC0415

    names = service or list(services.WITH_DATABASE)
    if unknown := set(names) - set(services.WITH_DATABASE):
        raise LaunchError(f"No service is called {', '.join(sorted(unknown))}; there are: {services_text()}")
    heads = asyncio.run(migrated({name: owner_address(name) for name in names}))
    if json:
        answer(heads)
    else:
        for name, head in heads.items():
            typer.echo(f"{name:<13} at revision {head}")


@app.command()
def provision(
    what: Annotated[
        Literal["databases", "sql", "nats"],
        typer.Argument(help="databases: make them. sql, nats: print what their administrators run, where we may not."),
    ] = "databases",
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Make a role, an owner and a database for each service: ONEVISIT_POSTGRES_URL names the cluster, as its superuser.

    Safe to repeat: what is there stays, and each role gets the password that it should have. `sql` prints the same for
    psql, without passwords; `nats` prints who may do what on the bus, with the passwords of the data directory.
    """
    match what:
        case "sql":
            typer.echo(provisioning.sql(), nl=False)
        case "nats":
            typer.echo(provisioning.nats(data_dir))
        case _:
            _make_databases(json=json)


def _make_databases(*, json: bool) -> None:
    from deploy.containers.addresses import role_passwords, superuser_address  # noqa: PLC0415
    from deploy.containers.databases import provisioned  # noqa: PLC0415

    names = services.WITH_DATABASE
    asyncio.run(provisioned(superuser_address(), names, passwords=role_passwords(names)))
    if json:
        answer({"databases": names})
    else:
        typer.echo(f"databases: {services_text()}")


@app.command()
def bootstrap(
    service: Annotated[str, typer.Argument(help="identity or licensing.")],
    document: Annotated[
        Path | None, typer.Argument(dir_okay=False, exists=True, help="What identity is to know (bootstrap.json).")
    ] = None,
    data_dir: DataDir = DATA_DIR,  # noqa: ARG001 - every command has it
    json: Json = False,
) -> None:
    """Give a service what it needs on its first day, with the service's own settings. Safe to repeat.

    identity: departments, officers and clients of a document. licensing: the catalogue that ships and the known
    working days, unless it has a catalogue already.
    """
    from deploy.containers.databases import first_knowledge  # noqa: PLC0415

    known = None if document is None else loads(document.read_text(encoding="utf-8"))
    told = asyncio.run(first_knowledge(service, known))
    if json:
        answer(told)
    else:
        typer.echo(f"{service}: {told['told']}")


def services_text() -> str:
    """The services that have a database, for a sentence."""
    return ", ".join(services.WITH_DATABASE)

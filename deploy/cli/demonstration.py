"""`demo` and `token`: the fictional people and departments at work."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.cli.platform import start_detached, stop_running
from deploy.embedded import ports
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

app = typer.Typer()


@app.command()
def token(
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="mother, father, hospital, tax, app, ops, ...")],
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Print an access token for somebody of the demonstration, and nothing else.

    People identify themselves with their (software) identity card at the demo app; departments and other clients prove
    themselves with their key.
    """
    from deploy.world import World  # noqa: PLC0415 - brings HTTP and cryptography, which few commands need

    async def ask() -> str:
        async with World.open(data_dir) as world:
            return await world.token(name)

    issued = asyncio.run(ask())
    if json:
        answer({"as": name, "access_token": issued})
    else:
        typer.echo(issued)


@app.command()
def demo(
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Drive the platform that runs here, instead of a new one.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the new platform running, to look around.")] = False,
    json: Json = False,
) -> None:
    """Watch a newborn's whole registration: four departments, nothing asked twice. Exit status 0 if every check held.

    Starts a platform of its own, drives it through the public API, and takes it down again.
    """
    if data_dir is not None and Home(data_dir).elsewhere() is not None:
        raise typer.Exit(_on_platform_elsewhere(Home(data_dir), json=json))
    if data_dir is not None and Home(data_dir).state() is not None:
        raise typer.Exit(_drive(data_dir, json=json))
    home = Home(data_dir or Path(tempfile.mkdtemp(prefix="onevisit-demo-")))
    try:
        raise typer.Exit(_on_new_platform(home, keep=keep, json=json))
    finally:
        if data_dir is None and not keep:
            shutil.rmtree(home.directory, ignore_errors=True)


def _on_platform_elsewhere(home: Home, *, json: bool) -> int:
    from deploy import background  # noqa: PLC0415

    # What the people of the demonstration have behind them; filed again, it is the same.
    background.main(home)
    return _drive(home.directory, json=json)


def _on_new_platform(home: Home, *, keep: bool, json: bool) -> int:
    home.prepare()
    (port,) = ports.free_ports(1)
    typer.echo("starting a platform: PostgreSQL, NATS, five services", err=True)
    start_detached(home, port=port)
    try:
        return _drive(home.directory, json=json, stays=keep)
    finally:
        if keep:
            typer.echo(f"It runs on; stop it with: onevisit down --data-dir '{home.directory}'", err=True)
        else:
            stop_running(home)
            typer.echo("It was taken down again; to look around, start one that stays: make up", err=True)


def _drive(directory: Path, *, json: bool, stays: bool = True) -> int:
    from rich.console import Console  # noqa: PLC0415

    from deploy.demo import run  # noqa: PLC0415 - nothing else needs it
    from deploy.demo.api import CallFailed  # noqa: PLC0415
    from deploy.world import World  # noqa: PLC0415

    async def drive() -> int:
        async with World.open(directory) as world:
            try:
                return await run(world, Console(stderr=json), json, stays=stays)
            except CallFailed as failure:
                raise LaunchError(f"The demonstration stopped: {failure}; logs are in {world.home.logs}") from None

    return asyncio.run(drive())

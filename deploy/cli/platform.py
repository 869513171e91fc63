"""`up`, `down`, `status`: the platform as a whole."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded import ports, process
from deploy.embedded.environment import plain_environment
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home, State

if TYPE_CHECKING:
    import psutil

DEFAULT_PORT = 8080
DOWN_SECONDS = 60

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the gateway, the only door.")]

app = typer.Typer()


@app.command()
def up(
    port: Port = DEFAULT_PORT,
    detach: Annotated[bool, typer.Option("--detach", help="Return when ready; stop with `onevisit down`.")] = False,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Start the whole platform on this machine, with a PostgreSQL, a NATS and fictional people of its own.

    Without --detach it runs until Ctrl-C. Started again on the same data directory, it goes on where it was.
    """
    home = Home(data_dir)
    home.prepare()
    if detach:
        _report(start_detached(home, port=port), json=json)
        return
    # Only who really starts things needs them loaded.
    from deploy import background  # noqa: PLC0415
    from deploy.embedded.supervisor import Supervisor  # noqa: PLC0415

    with home.held():
        refuse_taken(port)
        supervisor = Supervisor(
            home,
            port=port,
            say=lambda line: typer.echo(f"onevisit: {line}", err=True),
            file_past=lambda: background.main(home),
        )
        supervisor.run(when_ready=lambda state: _report(state, json=json))


@app.command()
def down(data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Stop the platform of a data directory; the data stays."""
    home = Home(data_dir)
    stopped = stop_running(home)
    if json:
        answer({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else f"nothing runs on {home.directory}")


@app.command()
def status(data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Say what runs, where, whether it is ready, and how much memory it takes. Exit status 1 unless all is ready."""
    home = Home(data_dir)
    state = home.state()
    if state is None:
        raise LaunchError(f"nothing runs on {home.directory}; start it with: onevisit up")
    report = _status_of(state)
    if json:
        answer(report)
    else:
        for name, service in report["services"].items():
            typer.echo(f"{name:<13} {'ready' if service['ready'] else 'NOT READY':<10} {service['url']}")
        amount, processes = report["memory_mb"], report["processes"]
        typer.echo(f"{'memory':<13} {amount} MB resident in {processes} processes, shared pages counted once")
    if not report["ready"]:
        raise typer.Exit(1)


def refuse_taken(port: int) -> None:
    """Say which port is taken, rather than fail somewhere inside."""
    if not ports.is_free(port):
        raise LaunchError(
            f"Port {port} is taken; choose another one: onevisit up --port {port + 1 if port < 65535 else 8081}"
        )


def start_detached(home: Home, *, port: int) -> State:
    """The platform runs in the background and is ready; refuses with what stopped it."""
    if home.is_held():
        with home.held():
            pass
    refuse_taken(port)
    log = home.logs / "supervisor.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up", "--port", str(port), "--data-dir", str(home.directory)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=plain_environment(),
        )
    while child.poll() is None:
        state = home.state()
        # A killed platform leaves its last state behind; only the child's own word counts.
        if state is not None and state.ready and state.supervisor == child.pid:
            return state
        time.sleep(0.05)
    raise LaunchError(process.last_line(log).removeprefix(": onevisit: ") or f"it did not start; see {log}")


def stop_running(home: Home) -> bool:
    """Nothing runs on the data directory any more; answers whether something did."""
    state = home.state()
    if state is None:
        return False
    os.kill(state.supervisor, signal.SIGTERM)
    if not ports.wait_until(lambda: not home.is_held(), seconds=DOWN_SECONDS, interval=0.05):
        raise LaunchError(f"It did not stop within {DOWN_SECONDS} s; its supervisor is process {state.supervisor}")
    return True


def _report(state: State, *, json: bool) -> None:
    if json:
        answer(asdict(state))
        return
    typer.echo(f"ready    {state.gateway}")
    typer.echo(f"API      {state.gateway}/docs")
    typer.echo(f"OpenAPI  {state.gateway}/openapi.json")
    for name, url in state.services.items():
        if name != "gateway":
            typer.echo(f"         {url}  ({name}, internal)")


def _status_of(state: State) -> dict[str, Any]:
    import psutil  # noqa: PLC0415

    from deploy.embedded.supervisor import is_ready  # noqa: PLC0415

    supervisor = psutil.Process(state.supervisor)
    processes = [supervisor, *supervisor.children(recursive=True)]
    services = {
        name: {"url": url, "ready": is_ready(int(url.rpartition(":")[2]))} for name, url in state.services.items()
    }
    return {
        "ready": all(service["ready"] for service in services.values()),
        "gateway": state.gateway,
        "services": services,
        "processes": len(processes),
        "memory_mb": round(sum(map(_resident, processes)) / 2**20),
    }


def _resident(process: "psutil.Process") -> int:
    """Its bytes; none where it has ended meanwhile, as a connection's process of PostgreSQL may at any time."""
    import psutil  # noqa: PLC0415

    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0

"""Every service is replaced while people use the platform: nobody is refused who tries once again."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from deploy.demo.api import Api
from deploy.demo.background import party_of
from deploy.demo.story import a_recent_day, register_birth
from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.world import World
from tests.deploy.load import Load
from tests.support.processes import await_end

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def onevisit(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli", *arguments, "--data-dir", str(directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    directory = tmp_path_factory.mktemp("restart") / "data"
    directory.mkdir(mode=0o700)
    # One address asks more in a test than a person does.
    (directory / "settings.json").write_text(json.dumps({"gateway": {"limits_enforced": "false"}}))
    (port,) = ports.free_ports(1)
    up = onevisit(directory, "up", "--detach", "--port", str(port))
    assert up.returncode == 0, up.stderr
    yield directory
    onevisit(directory, "down")


def processes(directory: Path) -> set[int]:
    """Those of the services."""
    state = Home(directory).running()
    taken = [int(url.rpartition(":")[2]) for url in state.services.values()]
    return {
        each.pid
        for each in psutil.Process(state.supervisor).children()
        for connection in each.net_connections(kind="tcp4")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in taken
    }


async def test_nobody_is_refused_who_tries_once_again(directory: Path) -> None:
    before = processes(directory)
    async with World.open(directory) as world:
        for name in ("mother", "father", "retiree"):
            await world.token(name)
        load = Load(world, mother=await party_of(Api(world), "hospital", "founder"))
        running = asyncio.create_task(load.run())
        began = time.monotonic()
        told = await asyncio.to_thread(onevisit, directory, "restart", "--json")
        seconds = time.monotonic() - began
        load.done.set()
        await running
        # What is filed afterwards has its whole effect: somebody leads again everywhere.
        await register_birth(Api(world), a_recent_day(), of="founder")
    assert told.returncode == 0, told.stderr
    assert len(json.loads(told.stdout)["restarted"]) == 5
    assert len(before) == 5
    assert not processes(directory) & before
    sys.stdout.write(f"\nin {seconds:.0f} s: {load}\n")
    load.refuse_failures()


def test_a_process_that_does_not_get_ready_replaces_nothing(directory: Path) -> None:
    before = processes(directory)
    settings = directory / "settings.json"
    kept = settings.read_text()
    settings.write_text(json.dumps({"licensing": {"database_url": "no address of a database"}}))
    told = onevisit(directory, "restart", "licensing")
    settings.write_text(kept)
    assert told.returncode == 1
    assert "licensing was not replaced, its new process did not get ready" in told.stderr
    assert told.stderr.count("\n") == 1
    assert processes(directory) == before
    assert json.loads(onevisit(directory, "status", "--json").stdout)["ready"]


def test_a_replaced_service_that_dies_is_started_again(directory: Path) -> None:
    assert onevisit(directory, "restart", "records").returncode == 0
    state = Home(directory).running()
    port = int(state.services["records"].rpartition(":")[2])
    (victim,) = [pid for pid in processes(directory) if _listens(pid, port)]
    psutil.Process(victim).kill()
    assert await_end([victim]) == []
    assert ports.wait_until(lambda: json.loads(onevisit(directory, "status", "--json").stdout)["ready"], seconds=60)


def test_a_service_that_nobody_knows_is_named(directory: Path) -> None:
    told = onevisit(directory, "restart", "postal")
    assert (told.returncode, told.stderr.split(";")[0]) == (1, "onevisit: No service is called postal")


def test_an_upgrade_to_the_same_version_only_restarts(directory: Path) -> None:
    check = json.loads(onevisit(directory, "upgrade", "--check", "--json").stdout)
    assert check["restarted"] == []
    assert all(step["from"] == step["to"] for step in check["migrations"].values())
    before = processes(directory)
    told = onevisit(directory, "upgrade", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["migrations"] == check["migrations"]
    assert not processes(directory) & before


def _listens(pid: int, port: int) -> bool:
    return any(each.laddr.port == port for each in psutil.Process(pid).net_connections("tcp4"))

"""Every container of ours is replaced while people use the platform. Run by `make test-compose-restart`."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.demo.api import Api
from deploy.demo.background import party_of
from deploy.demo.story import a_recent_day, register_birth
from deploy.world import World
from tests.deploy.load import Load

ROOT = Path(__file__).parents[2]
SERVICES = ["records", "certificates", "licensing", "identity", "gateway"]

pytestmark = pytest.mark.skipif(
    not {"ONEVISIT_TEST_COMPOSE", "ONEVISIT_TEST_PLATFORM"} <= os.environ.keys(),
    reason="there are no containers to replace; see make test-compose-restart",
)


def restart(*names: str, **told: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ONEVISIT_COMPOSE": os.environ["ONEVISIT_TEST_COMPOSE"], **told}
    command = [str(ROOT / "deploy" / "restart.sh"), *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=500)


def compose(*arguments: str) -> str:
    command = [str(ROOT / os.environ["ONEVISIT_TEST_COMPOSE"]), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def containers() -> set[str]:
    return set(compose("ps", "--quiet", *SERVICES).split())


def maintain() -> list[str]:
    """Ours are replaced, the edge reads its files anew, the bus is stopped and started."""
    told = restart()
    assert told.returncode == 0, told.stderr
    compose("exec", "-T", "edge", "nginx", "-c", "/etc/onevisit/nginx.conf", "-s", "reload")
    compose("restart", "nats")
    return told.stdout.split()


async def test_nobody_is_refused_who_tries_once_again() -> None:
    before = containers()
    async with World.open(Path(os.environ["ONEVISIT_TEST_PLATFORM"])) as world:
        for name in ("mother", "father", "retiree"):
            await world.token(name)
        load = Load(world, mother=await party_of(Api(world), "hospital", "founder"))
        running, began = asyncio.create_task(load.run()), time.monotonic()
        replaced = await asyncio.to_thread(maintain)
        load.done.set()
        await running
        sys.stdout.write(f"\nin {time.monotonic() - began:.0f} s: {load}\n")
        # What is filed afterwards has its whole effect: somebody leads again everywhere.
        await register_birth(Api(world), a_recent_day(), of="founder")
    assert replaced == SERVICES
    after = containers()
    assert (len(after), after & before) == (len(before), set())
    load.refuse_failures()


def test_a_container_that_does_not_get_healthy_replaces_nothing() -> None:
    before = containers()
    told = restart(
        "licensing", ONEVISIT_LICENSING_DATABASE_URL="postgresql+asyncpg://licensing@postgres:5432/elsewhere"
    )
    assert told.returncode == 1
    assert told.stderr.startswith("restart: licensing was not replaced, its new container did not get healthy: ")
    assert containers() == before


def test_a_service_that_nobody_knows_is_named() -> None:
    told = restart("postal")
    assert (told.returncode, told.stderr.split(";")[0]) == (1, "restart: no service is called postal")

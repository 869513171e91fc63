"""Every service is replaced while people use the platform: nobody is refused who tries once again."""

import asyncio
import json
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx2
import psutil
import pytest

from deploy.demo.api import Api
from deploy.demo.background import party_of
from deploy.demo.story import a_recent_day, register_birth
from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.world import World
from tests.support.processes import await_end

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
AGAIN_AFTER_SECONDS = 0.2
THING = {"thing": "social-security-card", "region": "330102"}

Call = Callable[[], Awaitable[httpx2.Response]]


@dataclass
class Load:
    """Calls of every kind, each tried again once where nobody answered or the answer was that nobody can."""

    world: World
    mother: str
    registered: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until done: two of each kind at a time."""
        async with asyncio.TaskGroup() as group:
            for name, make in self.kinds().items():
                for _ in range(2):
                    group.create_task(self._repeat(name, make))

    async def _repeat(self, name: str, make: Callable[[], Call]) -> None:
        while not self.done.is_set():
            call = make()
            if not (told := await self._try(call)):
                self.answered[name] += 1
                continue
            self.again[name] += 1
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
            if told := await self._try(call):
                self.failed.append(f"{name}: {told}")
            else:
                self.answered[name] += 1

    @staticmethod
    async def _try(call: Call) -> str | None:
        """None: it was answered."""
        try:
            response = await call()
        except httpx2.TransportError as error:
            return repr(error)
        return f"{response.status_code} {response.text[:200]}" if response.status_code >= 500 else None

    def kinds(self) -> dict[str, Callable[[], Call]]:
        """What people and departments do, by name; each makes a call that may be made twice."""
        http, headers = self.world.http, self.world.headers

        async def draft() -> httpx2.Response:
            return await http.post("/v1/one-identification", json=THING, headers=await headers("retiree"))

        async def certificates() -> httpx2.Response:
            return await http.get("/v1/certificates?holder=me", headers=await headers("mother"))

        async def accesses() -> httpx2.Response:
            return await http.get("/v1/accesses", headers=await headers("father"))

        async def verify() -> httpx2.Response:
            return await http.post("/v1/verifications", json={"document": b64encode(b"%PDF-").decode()})

        def register() -> Call:
            key = str(uuid4())
            body = {"kind": "person", "relation": {"kind": "mother", "of": self.mother}, "born_on": "2026-11-20"}

            async def call() -> httpx2.Response:
                told = {**await headers("hospital"), "idempotency-key": key}
                response = await http.post("/v1/parties", json=body, headers=told)
                if response.status_code == 201:
                    self.registered.append(response.json()["id"])
                return response

            return call

        async def guide() -> httpx2.Response:
            return await http.get("/v1/things/newborn?region=330782")

        reading = {"guide": guide, "draft": draft, "certificates": certificates, "accesses": accesses, "verify": verify}
        return {name: partial(_same, call) for name, call in reading.items()} | {"register": register}


def _same(call: Call) -> Call:
    return call


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
    total, again = sum(load.answered.values()), sum(load.again.values())
    tried = f"{again} tried again {dict(load.again)}"
    sys.stdout.write(f"\n{total} calls in {seconds:.0f} s, {tried}, {len(load.failed)} failed\n")
    assert load.failed == []
    assert all(load.answered[name] for name in load.kinds())
    assert len(load.registered) == len(set(load.registered)) == load.answered["register"]


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

"""`onevisit up` to `down`: the whole platform, in a path with spaces, through every kind of end."""

import json
import os
import signal
import socket
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Generator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.embedded import ports
from tests.support.processes import await_end

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def onevisit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)


class Platform:
    """One data directory, as the command line sees it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (self.port,) = ports.free_ports(1)

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return onevisit(command, "--data-dir", self.directory, *arguments)

    def up(self) -> dict[str, Any]:
        result = self.run("up", "--detach", "--json", "--port", str(self.port))
        assert result.returncode == 0, result.stderr
        state: dict[str, Any] = json.loads(result.stdout)
        return state

    def sub(self, name: str) -> str:
        """Who the token of somebody says they are."""
        result = self.run("token", "--as", name)
        assert result.returncode == 0, result.stderr
        payload = result.stdout.strip().split(".")[1]
        return str(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Generator[Platform]:
    platform = Platform(tmp_path_factory.mktemp("platform") / "a path with spaces 中文")
    platform.up()
    yield platform
    platform.run("down")


def _family(supervisor: int) -> list[int]:
    parent = psutil.Process(supervisor)
    return [supervisor, *(child.pid for child in parent.children(recursive=True))]


def test_everything_is_ready_and_says_where(platform: Platform) -> None:
    status = json.loads(platform.run("status", "--json").stdout)
    assert status["ready"]
    assert set(status["services"]) == {"gateway", "identity", "licensing", "certificates", "records"}


def test_a_second_start_on_the_same_data_is_refused_in_one_line(platform: Platform) -> None:
    (other,) = ports.free_ports(1)
    result = platform.run("up", "--port", str(other))
    assert result.returncode == 1
    assert result.stderr.startswith("onevisit: A platform already runs on ")
    assert result.stderr.count("\n") == 1


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        result = onevisit("up", "--data-dir", tmp_path / "data", "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == f"onevisit: Port {port} is taken; choose another one: onevisit up --port {port + 1}\n"


def test_everybody_promised_gets_a_token(platform: Platform) -> None:
    assert platform.sub("public-security") == "department:public-security"
    assert platform.sub("mother") != platform.sub("father")


def test_nobody_else_gets_one(platform: Platform) -> None:
    result = platform.run("token", "--as", "emperor")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Nobody here is called emperor" in result.stderr


def test_a_killed_supervisor_leaves_nothing_behind_and_the_data_go_on(platform: Platform) -> None:
    before = platform.sub("mother")
    supervisor = json.loads((platform.directory / "state.json").read_text())["supervisor"]
    family = _family(supervisor)
    assert len(family) > 7  # the supervisor, five services, PostgreSQL and its own, NATS
    os.kill(supervisor, signal.SIGKILL)
    assert await_end(family) == []
    platform.up()
    assert platform.sub("mother") == before


def test_a_service_that_dies_is_started_again(platform: Platform) -> None:
    state = json.loads((platform.directory / "state.json").read_text())
    victim = next(one for one in psutil.Process(state["supervisor"]).children() if one.name() == "ov-identity")
    victim.kill()
    assert await_end([victim.pid]) == []
    assert ports.wait_until(lambda: json.loads(platform.run("status", "--json").stdout)["ready"], seconds=60)


def test_down_ends_everything_and_says_so_twice(platform: Platform) -> None:
    family = _family(json.loads((platform.directory / "state.json").read_text())["supervisor"])
    assert platform.run("down").stdout == "stopped\n"
    assert await_end(family, seconds=10) == []
    assert platform.run("down").stdout.startswith("nothing runs on ")
    assert platform.run("status").returncode == 1
    platform.up()

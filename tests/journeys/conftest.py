"""The whole platform, started once by its own command line, as anybody would start it.

ONEVISIT_TEST_PLATFORM names the data directory of one that runs already, here or elsewhere (`make test-compose`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import background
from deploy.embedded import ports
from deploy.embedded.home import Home

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Platform:
    """A running platform, by its data directory."""

    directory: Path
    url: str

    @property
    def is_elsewhere(self) -> bool:
        """Whether nobody may look behind its door: into databases and logs."""
        return Home(self.directory).elsewhere() is not None

    def onevisit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", *arguments, "--data-dir", str(self.directory)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)

    def token(self, name: str) -> str:
        return self.onevisit("token", "--as", name).stdout.strip()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Generator[Platform]:
    if given := os.environ.get("ONEVISIT_TEST_PLATFORM"):
        # Its people have something behind them, also where no demonstration ran before; filed again, it is the same.
        background.main(Home(Path(given)))
        yield Platform(Path(given), Home(Path(given)).reached().gateway)
        return
    (port,) = ports.free_ports(1)
    platform = Platform(tmp_path_factory.mktemp("journeys") / "data", f"http://127.0.0.1:{port}")
    platform.directory.mkdir(mode=0o700)
    # One address asks more in a test than a person does; the limits have their own tests.
    (platform.directory / "settings.json").write_text(json.dumps({"gateway": {"limits_enforced": "false"}}))
    up = platform.onevisit("up", "--detach", "--json", "--port", str(port))
    assert up.returncode == 0, up.stderr
    assert json.loads(up.stdout)
    yield platform
    platform.onevisit("down")

"""What docs/examples/ shows works as it stands there: each example prints an event, and goes on where it was."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, Platform
from tests.journeys.followers import BIRTHS, birth, environment, following

EXAMPLES = ROOT / "docs" / "examples"
# What was acknowledged has reached the server.
SETTLED_SECONDS = 0.5


def javascript(directory: Path) -> list[str]:
    """The example with its packages; skipped where there is no node, no npm or no registry."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    for name in ("package.json", "subscribe.mjs"):
        shutil.copy(EXAMPLES / name, directory)
    install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund"]
    result = subprocess.run(install, cwd=directory, capture_output=True, text=True, check=False, timeout=120)
    # A version that is not there is our mistake; a registry that is not there is not.
    assert not any(code in result.stderr for code in ("E404", "ETARGET", "ERESOLVE")), result.stderr
    if result.returncode != 0:
        pytest.skip(f"npm could not install: {result.stderr[-300:]}")
    return [node, "subscribe.mjs", "example-javascript"]


def command_of(example: str, directory: Path) -> list[str]:
    match example:
        case "subscribe.mjs":
            return javascript(directory)
        case "follow.sh":
            return [str(EXAMPLES / example), "cursor.txt"]
        case _:
            return [sys.executable, str(EXAMPLES / example), f"example-{example.removesuffix('.py').replace('_', '-')}"]


@pytest.mark.parametrize("example", ["subscribe.py", "subscribe_with_client.py", "subscribe.mjs", "follow.sh"])
def test_an_example_prints_every_event_once_across_a_restart(platform: Platform, tmp_path: Path, example: str) -> None:
    command = [*command_of(example, tmp_path), BIRTHS]
    first = birth(platform)
    with following(command, cwd=tmp_path, environment=environment(platform)) as before:
        before.await_party(first)
        time.sleep(SETTLED_SECONDS)
    meanwhile = birth(platform)
    with following(command, cwd=tmp_path, environment=environment(platform)) as after:
        after.await_party(meanwhile)
        live = birth(platform)
        after.await_party(live)
    parties = [*before.parties(), *after.parties()]
    assert len(parties) == len(set(parties))
    assert parties[parties.index(first) :] == [first, meanwhile, live]


@pytest.mark.parametrize("example", ["subscribe.py", "follow.sh"])
def test_an_example_says_what_it_was_refused(platform: Platform, tmp_path: Path, example: str) -> None:
    command = [*command_of(example, tmp_path), "evt.>"]
    with following(command, cwd=tmp_path, environment=environment(platform)) as follower:
        assert follower.process.wait(timeout=30) == 1
    assert "topic-not-allowed" in follower.said

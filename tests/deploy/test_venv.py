"""deploy/venv.sh: whatever is missing is said in one line that tells what to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    checkout = tmp_path / "a path with spaces"
    projects = ("pyproject.toml", "deploy/client/pyproject.toml")
    for name in ("deploy/venv.sh", "requirements/runtime.txt", "requirements/dev.txt", *projects):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    return checkout


def _interpreter(directory: Path, script: str) -> str:
    path = directory / "python-of-the-test"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def _set_up(checkout: Path, python: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": python}
    command = ["sh", str(checkout / "deploy" / "venv.sh"), "runtime"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _refusal(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_no_python_at_all(checkout: Path) -> None:
    assert "apt-get install python3 python3-venv" in _refusal(_set_up(checkout, "python-that-is-not-there"))


def test_a_python_that_is_too_old(checkout: Path) -> None:
    script = 'case "$*" in *version_info*) exit 1 ;; *) echo Python 3.9.2 ;; esac'
    refusal = _refusal(_set_up(checkout, _interpreter(checkout, script)))
    assert "Python 3.11 or newer is needed" in refusal
    assert "3.9.2" in refusal


def test_a_python_without_venv(checkout: Path) -> None:
    script = 'case "$*" in *ensurepip*) exit 1 ;; esac'
    assert "apt-get install python3-venv" in _refusal(_set_up(checkout, _interpreter(checkout, script)))


def test_a_set_up_that_was_interrupted_is_begun_again(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".unfinished").touch()
    # This one makes no environment either, so that the test needs no network.
    result = _set_up(checkout, _interpreter(checkout, 'case "$*" in "-m venv"*) exit 1 ;; esac'))
    assert "an earlier set-up did not finish" in result.stdout
    assert "could not be made" in _refusal(result)

"""The library stands alone: built by itself, on three packages, and nothing of the platform in it."""

import json
import re
import shutil
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from deploy import services

SOURCE = Path(__file__).parents[2] / "deploy" / "client"
DEPENDENCIES = {"cloudevents", "httpx2", "nats-py"}
# nats-py imports it, for WebSockets, where it is installed for another's sake; the library does not ask for it.
OPTIONAL = {"aiohttp"}
PLATFORM = {*services.ALL, "shared", "deploy", "tests"}
# Names the file of every module that importing the library brings along.
IMPORTED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import onevisit_client
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
print(json.dumps(files))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the build leaves nothing in the sources."""
    directory = tmp_path_factory.mktemp("client")
    left_behind = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    shutil.copytree(SOURCE, directory / "source", ignore=left_behind)
    quietly = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "wheel", *quietly, "--wheel-dir", str(directory), str(directory / "source")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = directory.glob("*.whl")
    return path


def metadata_of(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower().replace("_", "-")


def required(requirements: list[str], extra: str | None = None) -> set[str]:
    """The names of what is required always, or by an extra."""
    wanted = [each for each in requirements if ("extra ==" in each) == (extra is not None)]
    return {name_of(each) for each in wanted if extra is None or f"'{extra}'" in each.replace('"', "'")}


def test_it_depends_on_three_packages(wheel: Path) -> None:
    requirements = metadata_of(wheel).get_all("Requires-Dist") or []
    assert required(requirements) == DEPENDENCIES
    assert required(requirements, extra="credentials") == {"cryptography"}


def test_it_is_one_typed_package_with_its_page(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        files = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in files} == {"onevisit_client"}
    assert "onevisit_client/py.typed" in files
    assert len(files) == len([*(SOURCE / "onevisit_client").glob("*.py")]) + 1
    assert metadata_of(wheel)["License-Expression"] == "Apache-2.0"
    assert str(metadata_of(wheel).get_payload()).startswith("# onevisit-client")


def test_importing_it_brings_nothing_but_what_it_depends_on(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    # Isolated from the checkout: where it is found, it is by its wheel.
    command = [sys.executable, "-I", "-c", IMPORTED, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    files: dict[str, str] = json.loads(said.stdout)
    assert files["onevisit_client"].startswith(str(tmp_path))
    assert PLATFORM.isdisjoint(name.split(".")[0] for name in files)
    allowed = closure(DEPENDENCIES | OPTIONAL) | {"onevisit-client"}
    foreign = {name.split(".")[0] for name, path in files.items() if "site-packages" in path}
    assert {name for name in foreign if not provided(name, allowed)} == set()


def closure(names: set[str]) -> set[str]:
    """These distributions, and what they require without any extra."""
    known: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting += [each for each in required(distribution(name).requires or []) if is_installed(each)]
    return known


def is_installed(name: str) -> bool:
    try:
        return bool(distribution(name))
    except ImportError:
        return False  # required on another system


def provided(module: str, distributions: set[str]) -> bool:
    """Whether a module belongs to one of these. What the environment itself loads at its start is nobody's import."""
    files = [str(file) for name in distributions if is_installed(name) for file in distribution(name).files or ()]
    started_with_python = module.startswith(("_distutils_hack", "__editable__", "_virtualenv"))
    return started_with_python or any(re.match(rf"{re.escape(module)}(/|\.)", file) for file in files)


def test_its_page_promises_what_it_keeps() -> None:
    readme = " ".join((SOURCE / "README.md").read_text("utf-8").split())
    assert "At least once, in order per entity, provably complete" in readme
    said = readme.lower()
    assert said.count("exactly once") == said.count('never "exactly once"')

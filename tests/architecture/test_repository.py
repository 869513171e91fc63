"""What is committed: nothing of one machine, nothing of one index, no secret, and documents that hold."""

import re
import subprocess
import tomllib
from importlib import import_module
from inspect import isclass
from pathlib import Path

import pytest

from deploy import services
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]


def _committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listed.returncode != 0:
        pytest.skip("not a checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def test_no_file_names_a_package_index() -> None:
    # An index is the reader's own choice, and may be a mirror that nobody else can reach.
    index = re.compile(
        r"--(extra-)?index-url|--find-links|files\.python" + r"hosted|pypi\.(org|io)/simple|registry\.npm|\"resolved\""
    )
    found = [str(path.relative_to(ROOT)) for path in _committed() if index.search(_text(path))]
    assert found in ([], ["tests/architecture/test_repository.py"])


def test_every_pinned_package_is_hashed() -> None:
    for requirements in (ROOT / "requirements").glob("*.txt"):
        pins = re.findall(r"^[A-Za-z0-9][^\n]*==[^\n]*\n(\s+--hash|\S)", _text(requirements), re.MULTILINE)
        assert pins
        assert all(follows.strip() == "--hash" for follows in pins), requirements.name


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    direct = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["embedded"]
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in direct}
    pinned = set(re.findall(r"^([a-z0-9-]+)==", _text(ROOT / "requirements" / "runtime.txt"), re.MULTILINE))
    assert names - pinned == set()


def test_no_private_key_is_committed() -> None:
    key = "-----BEGIN " + "(EC |RSA |ENCRYPTED )?PRIVATE KEY"
    assert [path.name for path in _committed() if re.search(key, _text(path))] == []


@pytest.mark.parametrize("readme", [ROOT / "README.md", *(ROOT / name / "README.md" for name in services.ALL)])
def test_every_service_has_a_page_that_explains_it(readme: Path) -> None:
    assert readme.exists()


def test_the_commands_that_the_readme_names_exist() -> None:
    readme, makefile = _text(ROOT / "README.md"), _text(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {"demo", "test"} <= set(re.findall(r"make ([a-z-]+)", readme)) <= targets


def test_the_links_between_documents_lead_somewhere() -> None:
    pages = [path for path in _committed() if path.suffix == ".md"]
    links = [
        (page, target) for page in pages for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", _text(page))
    ]
    assert [f"{page.name} -> {target}" for page, target in links if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("name", services.ALL)
def test_every_setting_says_what_it_is(name: str) -> None:
    module = import_module(f"{name}.settings")
    classes = [
        value
        for value in vars(module).values()
        if isclass(value) and issubclass(value, ServiceSettings) and value is not ServiceSettings
    ]
    for settings in classes:
        silent = [field for field, declared in settings.model_fields.items() if not declared.description]
        assert silent == [], settings.__name__

"""The bundle installs where there is no network, and refuses what is damaged, not listed, or for another machine."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = f"{platform.machine()} {'.'.join(platform.python_version_tuple()[:2])}"
# A namespace without any network but a loopback of its own, which is down.
NOWHERE = ["unshare", "--net", "--map-root-user"]


def is_possible(*command: str) -> bool:
    return shutil.which(command[0]) is not None and subprocess.run(command, check=False).returncode == 0


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1200
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """One with nothing in it to install."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "install.sh", folder)
    (folder / "FOR").write_text(f"{HERE}\n")
    (folder / "wheels" / "one package.whl").write_bytes(b"a package")
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    sums = subprocess.run(
        ["sha256sum", *(name for name in files if name != "SHA256SUMS")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (folder / "SHA256SUMS").write_text(sums)


def refusal(bundle: Path, *arguments: str) -> str:
    """The one line in which the installation is refused."""
    done = run(["sh", str(bundle / "install.sh"), *arguments])
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_what_was_changed_on_its_way_is_not_installed(bundle: Path, tmp_path: Path) -> None:
    (bundle / "wheels" / "one package.whl").write_bytes(b"another package")
    assert "the bundle is damaged" in refusal(bundle, str(tmp_path / "there"))
    assert not (tmp_path / "there").exists()


def test_what_nobody_listed_is_not_installed(bundle: Path, tmp_path: Path) -> None:
    (bundle / "wheels" / "added.whl").write_bytes(b"a package more")
    assert "does not list" in refusal(bundle, str(tmp_path / "there"))


def test_what_is_missing_is_noticed(bundle: Path, tmp_path: Path) -> None:
    (bundle / "wheels" / "one package.whl").unlink()
    assert "lacks some" in refusal(bundle, str(tmp_path / "there"))


def test_it_is_for_one_kind_of_machine_and_python(bundle: Path, tmp_path: Path) -> None:
    (bundle / "FOR").write_text("riscv64 3.99\n")
    seal(bundle)
    assert f"this bundle is for riscv64 3.99, and here is {HERE}" in refusal(bundle, str(tmp_path / "there"))


def test_nothing_is_written_over(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "data").touch()
    assert "is not empty" in refusal(bundle, str(tmp_path / "there"))
    assert "name the directory" in refusal(bundle)


@pytest.mark.slow
@pytest.mark.skipif("BUNDLE_TEST" not in os.environ, reason="minutes: make bundle-test")
@pytest.mark.skipif(not is_possible(*NOWHERE, "true"), reason="no network namespace can be made here")
def test_a_bundle_installs_where_there_is_no_network(tmp_path: Path) -> None:
    made = run(["sh", "deploy/bundle.sh", str(tmp_path / "bundle")], BUNDLE_IMAGES="")
    assert made.returncode == 0, made.stderr
    there = tmp_path / "there"
    installed = run([*NOWHERE, "sh", str(tmp_path / "bundle" / "install.sh"), str(there)])
    assert installed.returncode == 0, installed.stdout + installed.stderr
    linted = run([*NOWHERE, str(there / ".venv" / "bin" / "onevisit"), "catalogue", "lint"])
    assert (linted.returncode, linted.stdout) == (0, "nothing to refuse\n")

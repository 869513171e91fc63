"""`onevisit secrets admit` and `rotate`: who comes later gets a seal as the first did, and a password a successor."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from certificates.sealing.directory import SealDirectory
from deploy import services
from deploy.cli import app
from deploy.containers.folders import Folders
from deploy.containers.renewal import renewable
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home
from deploy.embedded.nats import _binary

TRANSPORT = {
    "code": "transport",
    "name": {"zh": "交通运输部门", "en": "Transport"},
    "uscc": "11330000MB9X00199Y",
    "region": "330000",
    "retired_at": None,
}
RETIRED = {"retired_at": "2026-11-25T08:00:00Z"}
OTHERS = ("migrate", "provision", "postgres", "nats", "edge", "tls", "seals")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name in (*services.ALL, *OTHERS):
        (tmp_path / "into" / name).mkdir(parents=True)
    made = Folders(Home(tmp_path / "keeper"), tmp_path / "into", ["localhost"])
    made.fill()
    return made


def run(folders: Folders, *command: str, given: str = "") -> Result:
    """What the step that makes secrets runs."""
    places = ["--into", str(folders.root), "--data-dir", str(folders.home.directory)]
    return CliRunner().invoke(app, ["secrets", *command, *places], input=given)


def admit(folders: Folders, *departments: dict[str, Any]) -> str:
    done = run(folders, "admit", "-", given=json.dumps(departments))
    assert done.exception is None, done.exception
    return done.stdout


def bus(folders: Folders) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folders.root / "nats" / "nats.conf").read_text("utf-8"))
    return told


def passwords(folders: Folders) -> dict[str, str]:
    return folders.home.passwords([])


class TestADepartmentThatComesLater:
    def test_has_a_seal_in_its_name(self, folders: Folders) -> None:
        assert admit(folders, TRANSPORT).split() == ["seals/transport"]
        seal = SealDirectory(folders.root / "seals").read().current["transport"]
        assert "交通运输部门" in seal.subject.rfc4514_string()

    def test_is_let_in_once_however_often_it_is_said(self, folders: Folders) -> None:
        admit(folders, TRANSPORT)
        assert admit(folders, TRANSPORT) == "nothing to make\n"

    def test_gets_its_seal_again_where_all_were_lost(self, folders: Folders) -> None:
        admit(folders, TRANSPORT)
        SealDirectory(folders.root / "seals").certificate("transport").unlink()
        assert Folders(Home(folders.home.directory), folders.root, ["localhost"]).fill() == ["seals/transport"]

    def test_keeps_its_seal_when_it_is_retired_for_what_that_sealed(self, folders: Folders) -> None:
        admit(folders, TRANSPORT)
        admit(folders, TRANSPORT | RETIRED)
        assert "transport" in SealDirectory(folders.root / "seals").read().current

    def test_gets_none_where_it_is_retired_already(self, folders: Folders) -> None:
        assert admit(folders, TRANSPORT | RETIRED) == "nothing to make\n"

    def test_needs_the_roots_key_where_that_was_put_away(self, folders: Folders) -> None:
        (folders.home.keys / "root.key").unlink()
        refused = run(folders, "admit", "-", given=json.dumps([TRANSPORT]))
        assert isinstance(refused.exception, LaunchError)
        assert "root's key" in str(refused.exception)
        assert run(folders, "init").exception is not None, "it is remembered, and missed until it can be made"

    @pytest.mark.parametrize(
        ("printed", "told"),
        [
            ("", "the whole of it"),
            ("{}", "the whole of it"),
            (json.dumps([{"code": "transport"}]), "0.name"),
            (json.dumps([TRANSPORT | {"code": "../root"}]), "0.code"),
            (json.dumps([TRANSPORT, TRANSPORT | {"region": "Zhejiang"}]), "1.region"),
        ],
    )
    def test_is_not_let_in_by_another_document(self, folders: Folders, printed: str, told: str) -> None:
        refused = run(folders, "admit", "-", given=printed)
        assert isinstance(refused.exception, LaunchError)
        assert str(refused.exception).endswith(f"see {told}")
        assert folders.fill() == []


class TestAPasswordThatIsReplaced:
    @pytest.mark.parametrize("name", renewable())
    def test_is_another_wherever_it_is_used_and_no_other_changes(self, folders: Folders, name: str) -> None:
        before, held = passwords(folders), contents(folders)
        done = run(folders, "rotate", name)
        assert done.exception is None
        after = passwords(folders)
        assert {each for each in before if before[each] != after[each]} == {name}
        now = contents(folders)
        assert not [path for path, content in now.items() if before[name].encode() in content]
        changed = {path for path, content in now.items() if held[path] != content}
        assert changed
        assert all(after[name].encode() in now[path] for path in changed)

    @pytest.mark.parametrize("name", renewable())
    def test_says_which_servers_are_to_be_told(self, folders: Folders, name: str) -> None:
        told = run(folders, "rotate", name).stdout
        assert ("kill -s HUP nats" in told) == name.startswith("nats-")
        assert ("provision" in told) == (name.removesuffix("_owner") in services.WITH_DATABASE)
        assert "docker compose" in told

    def test_is_none_that_others_keep(self, folders: Folders) -> None:
        before = passwords(folders)
        refused = run(folders, "rotate", "replicator")
        assert isinstance(refused.exception, LaunchError)
        assert "nats-licensing" in str(refused.exception)
        assert passwords(folders) == before

    def test_leaves_a_configuration_that_the_bus_accepts(self, folders: Folders, tmp_path: Path) -> None:
        run(folders, "rotate", "nats-records")
        told = {key: value for key, value in bus(folders).items() if key != "tls"}
        told["jetstream"] |= {"store_dir": str(tmp_path / "store")}
        file = tmp_path / "nats.conf"
        file.write_text(json.dumps(told), "utf-8")
        tried = subprocess.run([_binary(), "-t", "--config", file], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr


def contents(folders: Folders) -> dict[Path, bytes]:
    """Every file that some container sees."""
    return {path: path.read_bytes() for path in folders.root.rglob("*") if path.is_file()}

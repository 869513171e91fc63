"""`onevisit keys`, as an operator uses it: every answer is a line or JSON, every refusal one clear line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from certificates.sealing.directory import SealDirectory
from deploy.cli import app
from deploy.embedded.errors import LaunchError
from tests.support.softhsm import LABEL, SoftHsm

CATALOGUE = "licensing/catalogue/data/departments.yaml"


class Keys:
    """One key directory, with a passphrase."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "seals"
        self.passphrase = directory / "passphrase"
        self.passphrase.write_text("a passphrase for tests\n")

    def run(self, command: str, *options: object) -> str:
        """What the command answers; raises what it refuses."""
        given = [str(option) for option in options]
        result = CliRunner().invoke(app, ["keys", command, "--directory", str(self.directory), *given])
        if isinstance(result.exception, LaunchError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    def with_passphrase(self, command: str, *options: object) -> str:
        return self.run(command, "--passphrase-file", self.passphrase, *options)

    def seals(self, holder: str) -> list[dict[str, str]]:
        return [seal for seal in json.loads(self.run("list", "--json")) if seal["holder"] == holder]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    made = Keys(tmp_path)
    made.with_passphrase("init", "--departments", CATALOGUE)
    return made


def test_init_says_what_it_made_and_what_to_do_with_the_root_key(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    first = keys.with_passphrase("init", "--departments", CATALOGUE)
    assert first.startswith("made: root, platform:status, platform:timestamp, hospital, health-commission")
    assert "Keep root.key elsewhere" in first
    assert keys.with_passphrase("init", "--departments", CATALOGUE) == "nothing to make\n"
    assert all(b"ENCRYPTED" in path.read_bytes() for path in keys.directory.rglob("*.key"))


def test_a_seal_is_rotated_listed_revoked_and_its_key_destroyed(keys: Keys) -> None:
    keys.with_passphrase("rotate", "--department", "tax")
    new, old = keys.seals("tax")
    assert (new["state"], new["where"], old["state"], old["where"]) == ("current", "file", "retired", "file")
    stolen = ("--kid", old["kid"], "--reason", "key-compromise", "--since", "2020-01-01")
    keys.with_passphrase("revoke", "--department", "tax", *stolen)
    assert [(seal["state"], seal["where"]) for seal in keys.seals("tax")] == [
        ("current", "file"),
        ("revoked", "destroyed"),
    ]
    assert "the list can be relied on until 20" in keys.with_passphrase("crl")
    assert keys.run("prune") == "nothing to do\n"


def test_offices_and_all_at_once_are_rotated_too(keys: Keys) -> None:
    assert keys.with_passphrase("rotate", "--office", "status").startswith("platform:status signs by ")
    assert len(json.loads(keys.with_passphrase("rotate", "--all", "--json"))) == len(
        SealDirectory(keys.directory).holders()
    )


def test_a_service_needs_no_root_key_and_who_rotates_is_told_that_it_is_missing(keys: Keys, tmp_path: Path) -> None:
    (keys.directory / "root.key").rename(tmp_path / "usb-stick.key")
    with pytest.raises(LaunchError, match=r"needs the root's key.*--root-key"):
        keys.with_passphrase("rotate", "--department", "tax")
    keys.with_passphrase("rotate", "--department", "tax", "--root-key", tmp_path / "usb-stick.key")


@pytest.mark.parametrize(
    ("command", "options", "why"),
    [
        ("rotate", [], "either --department CODE or --office NAME"),
        ("rotate", ["--department", "../root"], "no department's code"),
        ("rotate", ["--department", "nobody"], "No seal to replace: nobody"),
        ("rotate", ["--office", "oval"], "no office oval; there are: status, timestamp"),
        ("revoke", ["--department", "tax", "--reason", "superseded"], "either --serial or --kid"),
        ("revoke", ["--department", "tax", "--reason", "superseded", "--serial", "zz"], "no serial number"),
        ("revoke", ["--department", "tax", "--reason", "boredom", "--serial", "1"], "--reason is one of"),
        ("revoke", ["--department", "tax", "--reason", "superseded", "--kid", "none"], "never had a key"),
        ("init", [], "Name the departments"),
        ("protect", [], "Name the file with the passphrase"),
    ],
)
def test_a_refusal_says_what_to_do(keys: Keys, command: str, options: list[str], why: str) -> None:
    with pytest.raises(LaunchError, match=why):
        keys.run(command, *options)


def test_a_passphrase_that_can_be_guessed_is_refused(keys: Keys) -> None:
    keys.passphrase.write_text("secret\n")
    with pytest.raises(LaunchError, match="too short"):
        keys.with_passphrase("rotate", "--all")


def test_keys_are_made_and_replaced_in_a_token(tmp_path: Path, softhsm: SoftHsm) -> None:
    keys = Keys(tmp_path)
    token = ["--pkcs11", softhsm.module, "--token", LABEL, "--pin-file", softhsm.pin_file]
    keys.with_passphrase("init", "--departments", CATALOGUE, *token)
    keys.with_passphrase("rotate", "--department", "tax", *token)
    assert [seal["where"] for seal in keys.seals("tax")] == ["PKCS#11", "PKCS#11"]
    softhsm.away()
    with pytest.raises(LaunchError, match="cannot be reached"):
        keys.with_passphrase("rotate", "--department", "tax", *token)
    softhsm.back()
    with pytest.raises(LaunchError, match="--token LABEL and --pin-file FILE"):
        keys.with_passphrase("rotate", "--department", "tax", *token[:2])


def test_a_directory_without_keys_is_told_from_an_empty_list(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="onevisit keys init"):
        Keys(tmp_path).run("list")

"""The stack in containers is backed up while it works, and restored under another project name: as an operator does it
who has nothing but Docker. Run by `make test-compose-backup`, on the demonstration's stack.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy import services
from deploy.backup import manifest
from deploy.backup.manifest import Contents, Manifest
from tests.deploy.backup.listening import birth, changed, hear, lasting

ROOT = Path(__file__).parents[3]
_RELAY = "SELECT (SELECT count(*) FROM outbox) + (SELECT last_position - published_through FROM relay_state)"
_CONSUMERS = "http://127.0.0.1:8222/jsz?accounts=true&streams=true&consumers=true"

pytestmark = pytest.mark.skipif(
    not {"ONEVISIT_TEST_COMPOSE", "ONEVISIT_TEST_PLATFORM"} <= os.environ.keys(),
    reason="there are no containers to back up; see make test-compose-backup",
)


@dataclass(frozen=True)
class Stack:
    """A project of containers, as docker compose sees it with some of the files in deploy/."""

    project: str
    told: Mapping[str, str]

    def run(self, *arguments: str, files: str = "-f compose.bus.yaml") -> subprocess.CompletedProcess[str]:
        told = {"COMPOSE_PROJECT_NAME": self.project, "ONEVISIT_COMPOSE_FILES": files, "COMPOSE_IGNORE_ORPHANS": "true"}
        command = [str(ROOT / os.environ["ONEVISIT_TEST_COMPOSE"]), *arguments]
        environment = {**os.environ, **self.told, **told}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)

    def done(self, *arguments: str, files: str = "-f compose.bus.yaml") -> str:
        result = self.run(*arguments, files=files)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def back_up(self, name: str) -> None:
        self.done("run", "--rm", "-T", "backup", f"/backups/{name}", files="-f compose.backup.yaml")

    def said(self, name: str) -> Manifest:
        """The manifest of a backup: its folder belongs to the account in the containers."""
        reading = ("run", "--rm", "-T", "--entrypoint", "cat", "backup", f"/backups/{name}/{manifest.NAME}")
        return Manifest.model_validate_json(self.done(*reading, files="-f compose.backup.yaml"))

    def contents(self, name: str) -> Mapping[str, Contents]:
        """What the databases hold, each row digested: a backup of this moment says it."""
        self.back_up(name)
        return self.said(name).services

    def demonstrated(self, people: Path) -> None:
        """Somebody has been given certificates here: events of one service have had effects in the others."""
        if not int(self.asked("certificates", "SELECT count(*) FROM certificates")):
            subprocess.run([sys.executable, "-m", "deploy.cli", "demo", "--data-dir", people], cwd=ROOT, check=True)

    def asked(self, database: str, question: str) -> str:
        reaching = ("psql", "--host=/tmp", "--username=postgres", "-tAc", question)
        return self.done("exec", "-T", "postgres", *reaching, database)

    async def calm(self) -> None:
        """Every event is on the bus, and every service has taken it from there."""
        async with asyncio.timeout(90):
            while not await asyncio.to_thread(self._is_calm):  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(0.5)

    def _is_calm(self) -> bool:
        if any(int(self.asked(service, _RELAY)) for service in services.WITH_DATABASE):
            return False
        accounts = json.loads(self.done("exec", "-T", "nats", "wget", "-q", "-O", "-", _CONSUMERS))["account_details"]
        streams = [stream for account in accounts for stream in account.get("stream_detail", [])]
        return bool(streams) and not any(map(_waits, streams))


def _waits(stream: dict[str, Any]) -> bool:
    """Whether one of our own services has not taken all that it follows; departments' consumers have a `_`."""
    ours = [each for each in stream.get("consumer_detail", []) if "_" not in each["name"]]
    return not ours or any(each["num_pending"] + each["num_ack_pending"] for each in ours)


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    """What an operator writes into deploy/.env: where backups go, and where the passphrase is."""
    folder, passphrase = tmp_path / "backups", tmp_path / "passphrase"
    folder.mkdir()
    folder.chmod(0o777)
    passphrase.write_text("a passphrase for tests\n")
    passphrase.chmod(0o444)
    return {
        "ONEVISIT_BACKUPS": str(folder),
        "ONEVISIT_BACKUP_PASSPHRASE_FILE": str(passphrase),
        "ONEVISIT_RESTORE": str(folder / "first"),
    }


@pytest.fixture
def here(told: dict[str, str]) -> Generator[Stack]:
    """The stack that runs, and is open again afterwards."""
    stack = Stack(os.environ.get("COMPOSE_PROJECT_NAME", "onevisit-demo"), told)
    yield stack
    stack.done("start", "nats", "edge")


@pytest.fixture
def there(here: Stack, told: dict[str, str]) -> Generator[Stack]:
    """Another project on the same machine, of which nothing exists yet and nothing is left."""
    stack = Stack(f"{here.project}-restored", told)
    yield stack
    stack.done("down", "--volumes", "--timeout", "10", files="-f compose.bus.yaml -f compose.restore.yaml")


RESTORING = "-f compose.bus.yaml -f compose.restore.yaml"


def test_a_restored_stack_goes_on_without_a_gap_or_a_repeat(here: Stack, there: Stack, tmp_path: Path) -> None:
    people, inbox = Path(os.environ["ONEVISIT_TEST_PLATFORM"]), tmp_path / "inbox.sqlite"
    here.demonstrated(people)
    before = asyncio.run(birth(people))
    heard = asyncio.run(hear(people, inbox, until=lambda heard: before in heard))
    unheard = asyncio.run(birth(people))
    asyncio.run(here.calm())
    backed_up = here.contents("first")
    # Its doors are shut, so that the other can have the same.
    here.done("stop", "--timeout", "10", "edge", "nats")

    there.done("up", "--wait", "--quiet-pull", files=RESTORING)
    asyncio.run(there.calm())
    assert changed(lasting(backed_up), lasting(there.contents("second"))) == set()
    heard_there = asyncio.run(hear(people, inbox, until=lambda heard: unheard in heard))
    after = asyncio.run(birth(people))
    heard_there += asyncio.run(hear(people, inbox, until=lambda heard: after in heard))
    assert heard_there == [unheard, after]
    assert before in heard

    again = there.run("run", "--rm", "-T", "restore-keys", files=RESTORING)
    assert again.returncode == 1
    assert again.stderr.endswith("is not empty; a backup is restored into an empty place only\n")
    again = there.run("run", "--rm", "-T", "--no-deps", "restore-databases", files=RESTORING)
    assert again.returncode == 1
    assert again.stderr.endswith("is not empty; a backup is restored into an empty one only\n")

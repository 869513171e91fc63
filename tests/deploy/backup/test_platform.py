"""A whole platform is backed up while it works, restored elsewhere, and goes on there as if nothing had been."""

import asyncio
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from deploy.backup import manifest, places
from deploy.backup.contents import connect, contents_of
from deploy.backup.manifest import Contents
from deploy.embedded import ports
from deploy.embedded.home import Home
from tests.deploy.backup.listening import birth, changed, hear, lasting

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


class Platform:
    """One data directory, as the command line sees it."""

    def __init__(self, directory: Path) -> None:
        self.home = Home(directory)
        (self.port,) = ports.free_ports(1)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", *map(str, arguments), "--data-dir", str(self.home.directory)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)

    def done(self, *arguments: str | Path) -> str:
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def refused(self, *arguments: str | Path) -> str:
        """The one line that says why."""
        result = self.run(*arguments)
        assert result.returncode == 1, result.stdout
        (line,) = [line for line in result.stderr.splitlines() if not line.startswith("onevisit: checking ")]
        return line.removeprefix("onevisit: ")

    def up(self) -> None:
        self.done("up", "--detach", "--port", str(self.port))

    async def contents(self) -> dict[str, Contents]:
        """What the databases hold now."""
        found = {}
        with places.databases_of(self.home) as urls:
            for service, url in urls.items():
                conn = await connect(url)
                found[service] = await contents_of(conn)
                await conn.close()
        return found

    async def is_calm(self) -> bool:
        """Every event is on the bus, and everybody of the platform has taken it from there."""
        for service, held in (await self.contents()).items():
            with places.databases_of(self.home) as urls:
                conn = await connect(urls[service])
                published = await conn.fetchval("SELECT published_through FROM relay_state")
                await conn.close()
            if held.tables["outbox"].rows or published != held.last_position:
                return False
        return await asyncio.to_thread(self._are_consumers_done)

    def _are_consumers_done(self) -> bool:
        state = self.home.running()
        url = f"http://127.0.0.1:{state.monitoring_port}/jsz?accounts=true&streams=true&consumers=true"
        with urllib.request.urlopen(url, timeout=5) as answer:
            accounts = json.load(answer)["account_details"]
        streams = [stream for account in accounts for stream in account.get("stream_detail", [])]
        ours = [each for stream in streams for each in stream.get("consumer_detail", []) if "_" not in each["name"]]
        return bool(ours) and not any(each["num_pending"] + each["num_ack_pending"] for each in ours)


async def calm(platform: Platform) -> None:
    async with asyncio.timeout(60):
        while not await platform.is_calm():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.2)


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("a passphrase for tests\n")
    return path


def test_a_restored_platform_goes_on_without_a_gap_or_a_repeat(tmp_path: Path, passphrase: Path) -> None:
    here, there = Platform(tmp_path / "here"), Platform(tmp_path / "there")
    folder, inbox = tmp_path / "backup", tmp_path / "inbox.sqlite"
    sealed = ("--passphrase-file", passphrase)

    here.up()
    before = [asyncio.run(birth(here.home.directory)), asyncio.run(birth(here.home.directory))]
    heard = asyncio.run(hear(here.home.directory, inbox, until=lambda heard: before[-1] in heard))
    unheard = asyncio.run(birth(here.home.directory))
    asyncio.run(calm(here))
    here.done("backup", folder, *sealed)
    here.done("down")

    there.done("restore", folder, *sealed)
    said = dict(manifest.read(folder).services)
    assert asyncio.run(there.contents()) == said

    there.up()
    asyncio.run(calm(there))
    assert changed(lasting(said), lasting(asyncio.run(there.contents()))) == set()
    heard_there = asyncio.run(hear(there.home.directory, inbox, until=lambda heard: unheard in heard))
    after = asyncio.run(birth(there.home.directory))
    heard_there += asyncio.run(hear(there.home.directory, inbox, until=lambda heard: after in heard))
    assert heard_there == [unheard, after]
    assert set(before) <= set(heard)

    assert there.refused("restore", folder, *sealed).endswith("a backup is restored into an empty place only")
    there.done("down")
    refusals(tmp_path, folder, passphrase)


def refusals(tmp_path: Path, folder: Path, passphrase: Path) -> None:
    """Each leaves an empty place empty."""
    empty, sealed = Platform(tmp_path / "empty"), ("--passphrase-file", passphrase)
    wrong = tmp_path / "wrong"
    wrong.write_text("some other passphrase\n")
    assert empty.refused("restore", folder, "--passphrase-file", wrong).startswith("The passphrase does not open")
    said = json.loads((folder / manifest.NAME).read_text())
    said["services"]["records"]["revision"] = "9999"
    (folder / manifest.NAME).write_text(json.dumps(said))
    assert "The backup is of a newer OneVisit" in empty.refused("restore", folder, *sealed)
    said["services"]["records"]["revision"] = "0001"
    (folder / manifest.NAME).write_text(json.dumps(said))
    with (folder / "records.dump.age").open("r+b") as dump:
        dump.seek(-1, 2)
        dump.write(b"?")
    assert empty.refused("restore", folder, *sealed).endswith(
        "records.dump.age has a wrong checksum; the backup is damaged"
    )
    assert not empty.home.directory.exists()

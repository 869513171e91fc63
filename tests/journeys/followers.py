"""Programs that follow events, seen as anybody sees them: what they print."""

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.demo.api import Api
from deploy.demo.story import a_recent_day, register_birth
from deploy.world import World
from tests.journeys.conftest import ROOT, Platform

BIRTHS = "evt.record.filed.birth-record.33.>"
READER = "health-commission"
# Not the one of the demonstration: who may be acted for is a statement that grows with every child.
A_MOTHER = "founder"
PATIENCE_SECONDS = 30.0


def birth(platform: Platform) -> str:
    """The hospital files a birth record, through the public API; answers whose."""

    async def file() -> str:
        async with World.open(platform.directory) as world:
            return await register_birth(Api(world), a_recent_day(), of=A_MOTHER)

    return asyncio.run(file())


class Follower:
    """A running program, and the lines that it has printed so far."""

    def __init__(self, process: subprocess.Popen[str], said: Path) -> None:
        self.process = process
        self._said = said
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def parties(self) -> list[str]:
        """Whom the events that it printed are about, in order."""
        return [party_of(json.loads(line)) for line in self.lines]

    def await_line(self, wanted: Callable[[list[str]], bool]) -> None:
        """It has printed what is wanted; fails with what it printed instead."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not wanted(self.lines):
            assert self.process.poll() is None, f"it ended: {self.said}"
            assert time.monotonic() < deadline, (self.lines, self.said)
            time.sleep(0.02)

    def await_party(self, party: str) -> None:
        self.await_line(lambda _: party in self.parties())

    @property
    def said(self) -> str:
        """What it wrote on standard error."""
        return self._said.read_text()

    def end(self) -> int:
        """It was asked to end, and did, with this status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join()
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


def environment(platform: Platform, *, reader: str = READER) -> dict[str, str]:
    """What an example is told: where the platform is, and how to get a token."""
    command = [sys.executable, "-m", "deploy.cli", "token", "--as", reader, "--data-dir", str(platform.directory)]
    return {
        "ONEVISIT_URL": platform.url,
        "ONEVISIT_TOKEN_COMMAND": shlex.join(command),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "deploy" / "client"))),
    }


def party_of(event: dict[str, Any]) -> str:
    return str(event["data"]["party"])


@contextmanager
def following(command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str]) -> Generator[Follower]:
    words, said = [str(word) for word in command], cwd / "said"
    with said.open("w") as stderr:
        process = subprocess.Popen(
            words, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    follower = Follower(process, said)
    try:
        yield follower
    finally:
        follower.end()

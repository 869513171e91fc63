"""`onevisit events`, as a department's system uses it: every event once, or named as parked, and nothing missed."""

import asyncio
import json
import signal
import sqlite3
import sys
from collections import defaultdict
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.cli import main
from deploy.embedded import ports
from deploy.embedded.home import Home
from tests.journeys.conftest import Platform
from tests.journeys.followers import BIRTHS, READER, Follower, birth, environment, following, party_of

# Takes the event, unless its party is named in the file beside it.
TAKE = r"""
read -r event
party=$(expr "$event" : '.*"party":"\([^"]*\)"')
if grep -q "$party" refused; then
    echo "not this one" >&2
    exit 3
fi
echo "$party" >>taken
"""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


class Desk:
    """One subscriber, its command, and what that command has taken."""

    def __init__(self, platform: Platform, directory: Path) -> None:
        self.platform = platform
        self.directory = directory
        self.name = f"desk-{uuid4().hex[:8]}"
        (directory / "take.sh").write_text(TAKE)
        self.refuse("none")
        self.command = "sh take.sh"

    def refuse(self, party: str) -> None:
        (self.directory / "refused").write_text(party)

    def onevisit(self, *arguments: str) -> Result:
        """The command as the program runs it, in this process: starting a new one takes most of a test's time."""
        out, err, status = self.directory / "out", self.directory / "err", 0
        with out.open("w") as stdout, err.open("w") as stderr, redirect_stdout(stdout), redirect_stderr(stderr):
            try:
                main(self._words(*arguments))
            except SystemExit as end:
                status = int(end.code or 0)
        return Result(status, out.read_text(), err.read_text())

    def follow(self, *arguments: str) -> AbstractContextManager[Follower]:
        """The command as a program of its own, while it runs."""
        command = [sys.executable, "-m", "deploy.cli", *self._words(*arguments)]
        return following(command, cwd=self.directory, environment=environment(self.platform))

    def _words(self, *arguments: str) -> list[str]:
        return ["events", *arguments, "--as", READER, "--data-dir", str(self.platform.directory)]

    def subscribe(self, *more: str) -> Result:
        return self.onevisit("subscribe", BIRTHS, "--name", self.name, "--exec", self.command, *more)

    def about(self, command: str, *more: str) -> Any:
        """What a command says about this subscriber, as JSON."""
        result = self.onevisit(command, "--name", self.name, "--json", *more)
        assert result.out, result.err
        return json.loads(result.out)

    def taken(self) -> list[str]:
        path = self.directory / "taken"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def inbox(self) -> Path:
        return self.platform.directory / "subscribers" / f"{self.name}.sqlite"


@pytest.fixture
def desk(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(platform, tmp_path)


def test_a_command_takes_every_event_once_however_often_it_is_started(desk: Desk) -> None:
    before = birth(desk.platform)
    assert desk.subscribe("--once").status == 0
    assert desk.taken().count(before) == 1
    later = birth(desk.platform)
    assert desk.subscribe("--once").status == 0
    assert desk.taken().count(before) == 1
    assert desk.taken()[-1] == later


def test_without_a_command_events_are_printed_as_they_happen(desk: Desk) -> None:
    with desk.follow("subscribe", BIRTHS, "--name", desk.name, "--json") as follower:
        party = birth(desk.platform)
        follower.await_party(party)
        assert follower.end() == 0
    listing = json.loads(desk.onevisit("list", "--json").out)["items"]
    (listed,) = [each for each in listing if each["name"] == desk.name]
    assert (listed["topics"], listed["lag"]) == ([BIRTHS], 0)
    assert desk.onevisit("remove", desk.name).status == 0
    assert desk.name not in desk.onevisit("list").out
    assert not desk.inbox.exists()


def test_what_a_command_refuses_is_parked_named_and_taken_when_redriven(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    party = birth(desk.platform)
    desk.refuse(party)
    other = birth(desk.platform)
    result = desk.subscribe("--once", "--retries", "1")
    assert (result.status, "1 parked" in result.err) == (1, True)
    assert "not this one" in capfd.readouterr().err
    assert (party in desk.taken(), other in desk.taken()) == (False, True)
    (parked,) = desk.about("parked")["items"]
    assert (parked["attempts"], parked["topic"]) == (2, "evt.record.filed.birth-record.33.01.02")
    assert "status 3" in parked["reason"]
    desk.refuse("")
    assert desk.about("redrive") == {"redriven": 1}
    assert desk.subscribe("--once").status == 0
    assert desk.taken().count(party) == 1
    assert desk.about("parked")["items"] == []


def test_a_signal_lets_the_command_finish_and_nothing_comes_twice(desk: Desk) -> None:
    party = birth(desk.platform)
    slow = "sh -c 'sh take.sh; echo taking; sleep 1; echo taken'"
    with desk.follow("subscribe", BIRTHS, "--name", desk.name, "--exec", slow) as follower:
        follower.await_line(lambda lines: "taking" in lines)
        follower.process.send_signal(signal.SIGINT)
        assert follower.process.wait(timeout=30) == 0, follower.said
    assert follower.lines[-1] == "taken"
    assert desk.subscribe("--once").status == 0
    assert len(desk.taken()) == len(set(desk.taken()))
    assert party in desk.taken()


def test_one_subscriber_runs_once(desk: Desk) -> None:
    with desk.follow("subscribe", BIRTHS, "--name", desk.name, "--json") as follower:
        birth(desk.platform)
        follower.await_line(bool)
        second = desk.subscribe("--once")
    assert (second.status, f"{desk.name} runs already" in second.err) == (1, True)


def test_reconciling_names_what_an_inbox_lost_and_heals_it_with_the_command(desk: Desk) -> None:
    lost = [birth(desk.platform), birth(desk.platform)]
    assert desk.subscribe("--once").status == 0
    assert desk.about("reconcile")["complete"] is True
    topic, head = _forget_last(desk.inbox, 2)
    report = desk.about("reconcile")
    gap = {"source": "/records", "topic": topic, "first": head - 1, "last": head}
    assert (report["gaps"], report["healed"], report["unhealed"]) == ([gap], [gap], [])
    assert desk.taken()[-2:] == lost
    assert desk.onevisit("reconcile", "--name", desk.name).out.startswith(f"complete: {desk.name} against ")


def test_reconciling_fails_when_the_command_does_or_when_what_is_held_is_something_else(desk: Desk) -> None:
    party = birth(desk.platform)
    assert desk.subscribe("--once").status == 0
    _forget_last(desk.inbox, 1)
    desk.refuse(party)
    result = desk.onevisit("reconcile", "--name", desk.name)
    assert (result.status, "WAITING  1 held" in result.out) == (1, True), result.out
    assert f"onevisit events parked --as {READER} --name {desk.name}" in result.out
    desk.refuse("")
    desk.about("redrive")
    assert desk.subscribe("--once").status == 0
    with sqlite3.connect(desk.inbox) as inbox:
        inbox.execute("UPDATE seen SET hash = zeroblob(32) WHERE sequence = (SELECT max(sequence) FROM seen)")
    result = desk.onevisit("reconcile", "--name", desk.name)
    assert (result.status, "DIFFERS" in result.out, "NOT COMPLETE" in result.out) == (1, True, True)


def test_a_replay_is_every_event_and_goes_on_behind_its_cursor(desk: Desk) -> None:
    birth(desk.platform)
    result = desk.onevisit("replay", BIRTHS, "--json")
    events = [json.loads(line) for line in result.out.splitlines()]
    by_topic = defaultdict[str, list[int]](list)
    for event in events:
        by_topic[event["topic"]].append(int(event["sequence"]))
    assert all(sequences == list(range(1, len(sequences) + 1)) for sequences in by_topic.values())
    assert f"{len(events)} events" in result.err
    cursor = result.err.split()[-1]
    party = birth(desk.platform)
    later = desk.onevisit("replay", BIRTHS, "--json", "--after", cursor).out.splitlines()
    assert [party_of(json.loads(line)) for line in later] == [party]


def test_a_tail_shows_what_happens_from_now_on(desk: Desk) -> None:
    birth(desk.platform)
    with desk.follow("tail", BIRTHS, "--json") as follower:
        follower.await_line(lambda _: "from now on" in follower.said)
        party = birth(desk.platform)
        follower.await_party(party)
    assert follower.parties() == [party]


def test_what_is_wrong_is_told_in_one_line(desk: Desk) -> None:
    refusals = {
        ("subscribe", "evt.>"): "topic-not-allowed",
        ("tail", "evt.certificate.issued.social-security-card.33.>"): "topic-not-allowed",
        ("replay", "nonsense"): "topic",
        ("subscribe", BIRTHS, "--exec", "no-such-program"): "there is no program 'no-such-program'",
        ("subscribe", BIRTHS, "--exec", "'"): "cannot be read",
        ("reconcile", "--name", "never-made"): "no subscriber never-made",
        ("remove", "never-made"): "not-found",
    }
    for arguments, told in refusals.items():
        result = desk.onevisit(*arguments)
        lines = result.err.splitlines()
        assert (result.status, len(lines)) == (1, 1), (arguments, result)
        assert told in lines[0], (arguments, lines[0])


def test_ops_see_what_a_service_has_parked_and_give_it_up(platform: Platform) -> None:
    if platform.is_elsewhere:
        pytest.skip("what is parked is seen where the databases are")
    event, subject = str(uuid4()), str(uuid4())
    asyncio.run(_park(platform, event, subject))
    (row,) = json.loads(platform.onevisit("events", "parked", "--service", "licensing", "--json").stdout)["items"]
    assert (row["event"], row["subject"], row["reason"]) == (event, subject, "poison")
    given_up = platform.onevisit("events", "redrive", "--service", "licensing", "--skip", event, "--json")
    assert json.loads(given_up.stdout) == {"skipped": 1}
    assert "nothing is parked" in platform.onevisit("events", "parked", "--service", "licensing").stdout


async def _park(platform: Platform, event: str, subject: str) -> None:
    home = Home(platform.directory)
    password, port = home.passwords(["licensing"])["licensing"], home.running().postgres_port
    conn = await asyncpg.connect(f"postgresql://licensing:{password}@{ports.LOOPBACK}:{port}/licensing")
    statement = (
        "INSERT INTO parked (consumer, event_id, subject, position, envelope, attempts, reason)"
        " VALUES ('licensing-test', $1, $2, 1, '{}', 8, 'poison')"
    )
    await conn.execute(statement, event, subject)
    await conn.close()


def _forget_last(inbox: Path, count: int) -> tuple[str, int]:
    """A subscriber's store was put back to an earlier state; answers the topic and its head."""
    with sqlite3.connect(inbox) as conn:
        # Where the mother of these tests lives; others may have been born elsewhere.
        line, topic, head = conn.execute(
            "SELECT line, topic, sequence FROM lines WHERE topic LIKE '%.33.01.02'"
        ).fetchone()
        conn.execute("DELETE FROM seen WHERE line = ? AND sequence > ?", (line, head - count))
        (before,) = conn.execute(
            "SELECT hash FROM seen WHERE line = ? AND sequence = ?", (line, head - count)
        ).fetchone() or (bytes(32),)
        conn.execute("UPDATE lines SET sequence = ?, hash = ? WHERE line = ?", (head - count, before, line))
    return topic, head

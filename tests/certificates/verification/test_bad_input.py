"""What bad input gets: a verdict with its reason, at once and in little memory, or a refusal of the request itself."""

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.certificates.verification.bad_input import ELSEWHERE, TABLE
from tests.certificates.world import World

ROOT = Path(__file__).parents[3]
# What may be used at most is 2 s and 256 MB; a machine that is busy with other tests is given three times that.
MOST_SECONDS, MOST_KILOBYTES = 3 * 2.0, 3 * 256 * 1024
ENTRIES = {f"F{number}" for number in range(1, 16)} | {f"T{number}" for number in range(1, 21)}


@pytest.fixture(scope="module")
def told() -> Mapping[int, list[object]]:
    """What became of each, in a process of its own."""
    command = [sys.executable, "-m", "tests.certificates.verification.bounded"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line[0]: line[1:] for line in lines}


def test_every_entry_of_the_catalogue_has_its_place() -> None:
    assert {bad.entry for bad in TABLE} | {*ELSEWHERE} == ENTRIES
    assert {bad.entry for bad in TABLE} & {*ELSEWHERE} == set()


@pytest.mark.parametrize("number", range(len(TABLE)), ids=[f"{bad.entry} {bad.what}" for bad in TABLE])
def test_it_is_not_genuine_and_said_why(told: Mapping[int, list[object]], number: int) -> None:
    status, genuine, reason, seconds, kilobytes = told[number]
    assert (status, genuine, reason) == (0, False, TABLE[number].reason)
    assert isinstance(seconds, float)
    assert isinstance(kilobytes, int)
    assert seconds < MOST_SECONDS
    assert kilobytes < MOST_KILOBYTES


async def test_all_of_it_gets_the_same_answer_over_http(world: World) -> None:
    answers = {}
    for bad in TABLE:
        # In a thread: what makes a PDF has a loop of its own.
        body = {"document": b64encode(await asyncio.to_thread(bad.made)).decode()}
        reply = await world.http.post("/v1/verifications", json=body)
        assert reply.status_code in (200, 413, 422), bad
        answers[bad.what] = reply.json()["reasons"][0]["code"] if reply.status_code == 200 else reply.json()["code"]
    # The city of these documents is not the one that is asked: what comes before its seals is told alike.
    before = {"unreadable", "not-sealed", "seal-incomplete", "header-not-allowed"}
    alike = {bad.what: bad.reason for bad in TABLE if bad.reason in before}
    assert {what: answers[what] for what in alike} == alike

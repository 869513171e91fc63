"""Whatever step a process dies at, a fresh one finishes the work: nothing lost, invented, doubled or out of order."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from shared.database import Database
from shared.messaging.failpoints import NAMES, armed
from tests.shared.messaging.diary import Diary, done, effects, working
from tests.shared.messaging.events import take_note
from tests.shared.messaging.parts import Stored, all_published, stored, until, without_repeats

ENTITIES = [uuid4() for _ in range(4)]
LAST = 5


class Crashed(BaseException):
    """No handler of errors catches it, as none catches the end of a process."""


def crash_at_pass(number: int) -> Callable[[], None]:
    passes = iter(range(1, 1000))

    def crash() -> None:
        if next(passes) == number:
            raise Crashed

    return crash


async def write(database: Database, versions: range) -> list[UUID]:
    written = []
    for version in versions:
        for number, entity in enumerate(ENTITIES):
            async with database.transaction() as conn:
                written.append(await take_note(conn, entity, version=version, kind=f"kind-{number % 2}"))
    return written


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", sorted(NAMES))
async def test_a_crash_between_any_two_steps_changes_nothing(
    database: Database, nats_server: str, name: str, passes: int
) -> None:
    events = await write(database, range(1, 3))
    writing = asyncio.create_task(write(database, range(3, LAST + 1)))
    with armed(name, crash_at_pass(passes)), suppress(TimeoutError):
        try:
            async with asyncio.timeout(2), working(database, nats_server, Diary()):
                await asyncio.sleep(60)
        except* Crashed:
            pass
    events += await writing
    async with working(database, nats_server, Diary()):
        await until(lambda: done(database, len(events)))
        await until(lambda: all_published(database))
    check_stream(without_repeats(await stored(nats_server)), events)
    check_effects(await effects(database))


def check_stream(found: list[Stored], events: list[UUID]) -> None:
    assert sorted(event.id for event in found) == sorted(events)
    assert [event.position for event in found] == list(range(1, len(events) + 1))
    sequences: dict[str, list[int]] = defaultdict(list)
    versions: dict[UUID, list[int]] = defaultdict(list)
    for event in found:
        sequences[event.topic].append(event.sequence)
        versions[event.subject].append(event.version)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in sequences.values())
    assert all(numbers == sorted(numbers) for numbers in versions.values())


def check_effects(found: list[tuple[UUID, int]]) -> None:
    for entity in ENTITIES:
        versions = [version for subject, version in found if subject == entity]
        assert versions == list(range(1, LAST + 1))

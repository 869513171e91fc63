import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared.auth import Caller
from shared.database import Database
from shared.messaging import feed
from shared.messaging.api import feed_router
from shared.messaging.bell import Bell
from shared.messaging.chain import GENESIS, link
from shared.messaging.cursor import CursorKey
from shared.messaging.lease import acquire
from shared.messaging.numbering import number_pending
from shared.messaging.topics import FilterNotValid, Reach, check_filter, covers, overlap, pattern_of, without_overlaps
from shared.pagination import CursorNotValid
from shared.web import problems
from tests.shared.messaging.events import take_note

KEY = CursorKey(b"k" * 32)
NOTES = "evt.note.taken.>"
Query = dict[str, str | int]


async def note(database: Database, *, kind: str = "memo", count: int = 1) -> None:
    async with database.transaction() as conn:
        for _ in range(count):
            await take_note(conn, uuid4(), kind=kind)


async def number(database: Database) -> None:
    lease = await acquire(database, "relay", seconds=0)
    assert lease is not None
    while await number_pending(database, lease):
        pass
    await lease.release(database)


async def positions(database: Database, *filters: str, after: int = 0, limit: int = 100) -> tuple[list[int], int]:
    async with database.read() as conn:
        page = await feed.list_events(conn, filters=filters, after=after, limit=limit)
    return [row.position for row in page.rows], page.through


async def test_the_feed_gives_events_of_a_filter_in_order(database: Database) -> None:
    for kind in ("memo", "letter", "memo", "will"):
        await note(database, kind=kind)
    await number(database)
    assert await positions(database, "evt.note.taken.memo.>") == ([1, 3], 4)
    assert await positions(database, "evt.note.taken.*.33.07.82", limit=3) == ([1, 2, 3], 3)
    assert await positions(database, "evt.note.taken.letter.>", "evt.*.*.will.>") == ([2, 4], 4)
    assert await positions(database, NOTES, after=3) == ([4], 4)
    assert await positions(database, "evt.other.>", after=2) == ([], 4)


async def test_a_page_never_passes_over_an_event_beyond_its_limit(database: Database) -> None:
    for _ in range(3):
        await note(database, kind="memo")
        await note(database, kind="letter")
    await number(database)
    assert await positions(database, NOTES, limit=4) == ([1, 2, 3, 4], 4)
    assert await positions(database, NOTES, after=4, limit=4) == ([5, 6], 6)


async def test_a_filter_over_most_of_the_log_sifts_it_by_stretches(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("memo", "letter", "memo", "will", "memo"):
        await note(database, kind=kind)
    await number(database)
    assert await positions(database, NOTES) == ([1, 2, 3, 4, 5], 5)
    # A bound of the mechanism, set low: ten thousand events would only take longer.
    monkeypatch.setattr(feed, "STRETCH", 2)
    assert await positions(database, NOTES) == ([1, 2], 2)
    assert await positions(database, NOTES, after=2) == ([3, 4], 4)
    assert await positions(database, "evt.note.taken.memo.>", "evt.note.taken.letter.>") == ([1, 2], 2)
    # What is rare is found at once, however far away.
    assert await positions(database, "evt.note.taken.will.>") == ([4], 5)


async def test_what_is_not_numbered_yet_is_in_no_page_and_counted_in_the_heads(database: Database) -> None:
    await note(database, count=2)
    await number(database)
    await note(database)
    assert await positions(database, NOTES) == ([1, 2], 2)
    async with database.read() as conn:
        heads = await feed.list_heads(conn, filters=[NOTES])
    assert (heads.position, heads.pending, heads.topics[0].sequence) == (2, 1, 2)


async def test_the_log_refuses_change(database: Database) -> None:
    await note(database)
    await number(database)
    for statement in ("UPDATE event_log SET data = '{}'", "DELETE FROM event_log", "TRUNCATE event_log"):
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            async with database.transaction() as conn:
                await conn.execute(text(statement))


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([NOTES], ["evt.>"]),
        ([NOTES], [NOTES, "evt.>"]),
    ],
)
def test_a_cursor_is_good_for_its_own_filters_only(given: list[str], asked: list[str]) -> None:
    cursor = KEY.sign({"records": 5}, filters=given)
    assert KEY.read(cursor, filters=given) == {"records": 5}
    with pytest.raises(CursorNotValid):
        KEY.read(cursor, filters=asked)


@pytest.mark.parametrize(
    "forge",
    [
        lambda cursor: cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB"),
        lambda cursor: "A" + cursor[1:] if cursor[0] != "A" else "B" + cursor[1:],
        lambda cursor: cursor[:10],
        lambda cursor: "",
        lambda cursor: "é" * 20,
        lambda cursor: cursor + "x" * 2000,
        lambda cursor: CursorKey(b"x" * 32).sign({"records": 5}, filters=[NOTES]),
    ],
)
def test_a_forged_cursor_is_refused(forge: Callable[[str], str]) -> None:
    cursor = forge(KEY.sign({"records": 5}, filters=[NOTES]))
    with pytest.raises(CursorNotValid):
        KEY.read(cursor, filters=[NOTES])


def test_a_cursor_key_is_long_enough(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"x" * 31)
    with pytest.raises(ValueError, match="at least 32"):
        CursorKey.load(tmp_path / "short")


@pytest.mark.parametrize(
    "text", ["", ">", "*", "evt.>.x", "evt..a", "$JS.API.>", "evt.a b", "evt.A", "a" * 300, "evt.>x", "evt.a\n"]
)
def test_a_filter_outside_our_topics_is_refused(text: str) -> None:
    with pytest.raises(FilterNotValid):
        check_filter(text)


def test_filters_are_compared_as_nats_does() -> None:
    assert covers("evt.a.>", "evt.a.b.c")
    assert covers("evt.*.b", "evt.a.b")
    assert not covers("evt.*.b", "evt.a.>")
    assert not covers("evt.a.>", "evt.a")
    assert overlap("evt.*.b", "evt.a.*")
    assert not overlap("evt.a.b", "evt.a.c.>")
    assert without_overlaps(["evt.a.>", "evt.a.b", "evt.c", "evt.c"]) == ["evt.a.>", "evt.c"]
    with pytest.raises(FilterNotValid, match="overlaps"):
        without_overlaps(["evt.*.b", "evt.a.*"])
    assert pattern_of(["evt.*.b.>"]) == "^(evt[.][^.]+[.]b[.].+)$"


@dataclass
class App:
    """What the routes ask of a service."""

    bell: Bell
    cursor_key: CursorKey
    database: Database
    messaging: "App | None" = None
    verifier: object = None

    def __post_init__(self) -> None:
        self.messaging = self


class Tokens:
    """Every bearer token is the department of that name; `service:x` is a service."""

    async def verify(self, token: str) -> Caller:
        is_service = token.startswith("service:")
        return Caller(
            sub=token,
            kind="service" if is_service else "department",
            client_id=token,
            token=token,
            scopes=frozenset({"events"}),
            department=None if is_service else token,
        )


async def only_memos(caller: Caller) -> Reach:
    return Reach(["evt.note.taken.memo.>", f"to.{caller.department}.>"])


@pytest.fixture
async def client(database: Database) -> AsyncGenerator[httpx2.AsyncClient]:
    app, bell = FastAPI(), Bell(database)
    app.state.service = App(bell=bell, cursor_key=KEY, database=database, verifier=Tokens())
    app.include_router(feed_router("records", only_memos))
    problems.install(app)
    listening = asyncio.create_task(bell.run())
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://records", headers={"authorization": "Bearer tax"}
    ) as client:
        yield client
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_reader_goes_on_from_its_cursor_and_has_the_head(
    client: httpx2.AsyncClient, database: Database
) -> None:
    await note(database, count=3)
    await number(database)
    query: Query = {"topic": "evt.note.taken.memo.>", "limit": 2}
    first = (await client.get("/v1/events", params=query)).json()
    second = (await client.get("/v1/events", params={**query, "after": first["next"]})).json()
    events = first["items"] + second["items"]
    assert [event["position"] for event in events] == ["1", "2", "3"]
    head = GENESIS
    for event in events:
        head = link(head, event["id"], '{"number":1,"text":""}')
    heads = (await client.get("/v1/events/heads", params={"topic": query["topic"]})).json()
    assert heads["topics"][0]["hash"] == f"sha256:{head.hex()}"
    assert heads["topics"][0]["sequence"] == events[-1]["sequence"]


async def test_who_waits_is_answered_as_soon_as_something_happens(
    client: httpx2.AsyncClient, database: Database
) -> None:
    query: Query = {"topic": "evt.note.taken.memo.>", "wait": 20}
    waiting = asyncio.create_task(client.get("/v1/events", params=query))
    await asyncio.sleep(0)
    await note(database)
    await number(database)
    assert len((await waiting).json()["items"]) == 1


@pytest.mark.parametrize(
    ("topic", "token", "status", "code"),
    [
        ("evt.note.taken.letter.>", "tax", 403, "topic-not-allowed"),
        ("evt.>", "tax", 403, "topic-not-allowed"),
        ("int.>", "tax", 403, "topic-not-allowed"),
        ("to.>", "tax", 403, "topic-not-allowed"),
        ("to.*.note.taken", "tax", 403, "topic-not-allowed"),
        ("to.hospital.>", "tax", 403, "topic-not-allowed"),
        ("to.tax.>", "tax", 200, None),
        ("to", "tax", 403, "topic-not-allowed"),
        ("int.>", "service:identity", 200, None),
        ("$JS.>", "tax", 422, "topic-not-valid"),
    ],
)
async def test_a_department_reads_only_what_it_is_entitled_to(
    client: httpx2.AsyncClient, topic: str, token: str, status: int, code: str | None
) -> None:
    for path in ("/v1/events", "/v1/events/heads"):
        answer = await client.get(path, params={"topic": topic}, headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_a_cursor_for_another_filter_is_refused(client: httpx2.AsyncClient) -> None:
    cursor = KEY.sign({"records": 1}, filters=["evt.note.taken.memo.>"])
    answer = await client.get("/v1/events", params={"topic": "evt.note.taken.memo.33.>", "after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-not-valid")

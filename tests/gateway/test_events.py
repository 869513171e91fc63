"""The logs of four services as one feed: nothing missed, nothing told twice, in the order of each service."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.types import Send

from gateway.merging.rules import Stretch, filters_by_service, merge_stretches, services_of
from tests.gateway.conftest import CURSOR_KEY, OpenPlatform, Platform
from tests.gateway.serving import Seen, say

EVERYTHING = "evt.>"
CASES = "evt.case.received.*.33.07.82"


@dataclass
class Log:
    """A service's feed, as `shared.messaging` answers it."""

    service: str
    events: list[dict[str, Any]] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, *times: str) -> None:
        for time in times:
            position = len(self.events) + 1
            self.events.append({"id": f"{self.service}-{position}", "time": f"{time}Z", "position": str(position)})

    async def __call__(self, seen: Seen, send: Send) -> None:
        query = parse_qs(seen.query)
        topics, limit = query["topic"], int(query["limit"][0])
        after = CURSOR_KEY.read(query.get("after", [None])[0], filters=topics).get(self.service, 0)
        if query["wait"] != ["0"]:
            await self.happened.wait()
        items = self.events[after : after + limit]
        through = int(items[-1]["position"]) if len(items) == limit else len(self.events)
        await say(send, 200, {"items": items, "next": CURSOR_KEY.sign({self.service: through}, filters=topics)})


def logs(platform: Platform) -> dict[str, Log]:
    found = {name: Log(name) for name in platform.services}
    for name, log in found.items():
        platform.services[name].replies["GET", "/v1/events"] = log
    return found


async def read(platform: Platform, topic: str = EVERYTHING, **query: Any) -> dict[str, Any]:
    answer = await platform.client.get("/v1/events", params={"topic": topic, **query})
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def ids(page: dict[str, Any]) -> list[str]:
    return [event["id"] for event in page["items"]]


async def test_the_events_of_all_services_are_one_page_in_order_of_time(platform: Platform) -> None:
    feed = logs(platform)
    feed["licensing"].tell("2026-01-01T00:00:01", "2026-01-01T00:00:03.5")
    feed["records"].tell("2026-01-01T00:00:02")
    feed["certificates"].tell("2026-01-01T00:00:03")
    assert ids(await read(platform)) == ["licensing-1", "records-1", "certificates-1", "licensing-2"]


async def test_pages_miss_nothing_and_repeat_nothing(platform: Platform) -> None:
    feed = logs(platform)
    for name, log in feed.items():
        log.tell(*(f"2026-01-01T00:00:{second:02}" for second in range(len(name))))
    told: list[str] = []
    after: dict[str, str] = {}
    while page := ids(answer := await read(platform, limit=7, **after)):
        told += page
        after = {"after": answer["next"]}
    assert sorted(told) == sorted(event["id"] for log in feed.values() for event in log.events)
    assert len(set(told)) == len(told)
    assert ids(await read(platform, **after)) == []
    feed["identity"].tell("2026-01-01T00:01:00")
    assert ids(await read(platform, **after)) == ["identity-9"]


async def test_a_filter_that_names_an_entity_concerns_its_service_alone(platform: Platform) -> None:
    logs(platform)["licensing"].tell("2026-01-01T00:00:00")
    assert ids(await read(platform, CASES)) == ["licensing-1"]
    assert platform.seen() == 1


async def test_a_dead_service_is_named_and_its_place_is_kept(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("records",)) as platform:
        logs(platform)["licensing"].tell("2026-01-01T00:00:00")
        page = await read(platform)
        assert (ids(page), page["unavailable"]) == (["licensing-1"], ["records"])
        assert "records" not in CURSOR_KEY.read(page["next"], filters=[EVERYTHING])


async def test_if_everybody_concerned_is_dead_there_is_no_page(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("licensing",)) as platform:
        answer = await platform.client.get("/v1/events", params={"topic": CASES})
        assert (answer.status_code, answer.json()["service"]) == (503, "licensing")


async def test_a_long_poll_ends_with_the_first_event_of_anybody(platform: Platform) -> None:
    feed = logs(platform)
    for log in (feed["identity"], feed["records"]):
        log.tell("2026-01-01T00:00:00")
    before = (await read(platform))["next"]
    reading = asyncio.create_task(read(platform, after=before, wait=20))
    while "wait=20" not in (await platform.services["certificates"].arrivals.get()).query:
        pass
    feed["certificates"].tell("2026-01-01T00:00:05")
    feed["certificates"].happened.set()
    page = await reading
    assert ids(page) == ["certificates-1"]
    assert "unavailable" not in page
    assert CURSOR_KEY.read(page["next"], filters=[EVERYTHING]) == {
        "identity": 1,
        "records": 1,
        "licensing": 0,
        "certificates": 1,
    }


async def test_a_refusal_by_any_service_is_the_answer(platform: Platform) -> None:
    logs(platform)
    platform.services["records"].replies["GET", "/v1/events"] = (403, {"code": "topic-not-allowed"})
    answer = await platform.client.get("/v1/events", params={"topic": EVERYTHING})
    assert (answer.status_code, answer.json()["code"]) == (403, "topic-not-allowed")


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", CURSOR_KEY.sign({"records": 1}, filters=["evt.case.>"])])
async def test_a_cursor_that_was_not_given_for_this_filter_is_refused(platform: Platform, cursor: str) -> None:
    answer = await platform.client.get("/v1/events", params={"topic": EVERYTHING, "after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-not-valid")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "topic=evt.>&limit=0",
        "topic=evt.>&limit=1000000000",
        "topic=evt.>&limit=-1",
        "topic=evt.>&limit=%C2%B2",
        "topic=evt.>&wait=3600",
        "topic=evt.>&wait=1&wait=2",
        "topic=evt.>&SECRET=1",
        "&".join(["topic=evt.>"] * 33),
    ],
)
async def test_a_query_that_is_none_is_refused(platform: Platform, query: str) -> None:
    answer = await platform.client.get(f"/v1/events?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "SECRET" not in answer.text
    assert platform.seen() == 0


async def test_heads_are_those_of_every_service_concerned(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("identity",)) as platform:
        for name, service in platform.services.items():
            service.replies["GET", "/v1/events/heads"] = (200, {"service": name, "position": "7", "topics": []})
        heads = (await platform.client.get("/v1/events/heads", params={"topic": EVERYTHING})).json()
        assert [each["service"] for each in heads["services"]] == ["licensing", "certificates", "records"]
        assert heads["unavailable"] == ["identity"]
        assert "next" not in heads
        heads = (await platform.client.get("/v1/events/heads", params={"topic": CASES})).json()
        assert [each["service"] for each in heads["services"]] == ["licensing"]
        assert CURSOR_KEY.read(heads["next"], filters=[CASES]) == {"licensing": 7}


@pytest.mark.parametrize(
    ("topic", "services"),
    [
        ("evt.case.>", ["licensing"]),
        ("evt.certificate.issued.x.33.07.82", ["certificates"]),
        ("evt.record.*.x.33.>", ["records"]),
        ("evt.party.>", ["identity"]),
        ("evt.*.issued.>", ["licensing", "certificates", "records", "identity"]),
        ("evt.>", ["licensing", "certificates", "records", "identity"]),
        ("to.tax.evidence.used-revoked", ["records"]),
        ("to.tax.evidence.>", ["records"]),
        ("to.tax.>", ["licensing", "certificates", "records", "identity"]),
        ("nonsense", ["licensing", "certificates", "records", "identity"]),
    ],
)
def test_who_publishes_on_a_topic(topic: str, services: list[str]) -> None:
    assert list(services_of(topic)) == services


def test_each_service_is_asked_for_its_own_topics_once() -> None:
    asked = filters_by_service(["evt.case.>", "evt.record.>", "evt.case.>"])
    assert asked == {"licensing": ["evt.case.>"], "records": ["evt.record.>"]}


def test_what_does_not_fit_is_told_next_time() -> None:
    one = Stretch("a", 4, [{"time": "1Z", "position": "5"}, {"time": "3Z", "position": "8"}], through=9)
    other = Stretch("b", 0, [{"time": "2Z", "position": "1"}], through=7)
    empty = Stretch("c", 3, [], through=6)
    events, positions = merge_stretches([one, other, empty], limit=2)
    assert [event["time"] for event in events] == ["1Z", "2Z"]
    assert positions == {"a": 5, "b": 7, "c": 6}
    assert merge_stretches([one], limit=0) == ([], {"a": 4})

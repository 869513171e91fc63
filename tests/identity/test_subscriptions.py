"""Subscriptions through the API: what is made, what is refused, and that nothing comes of a refusal."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.identity.world import BIRTH_CERTIFICATE, HOUSEHOLD_PAGE, World

PAGES = f"evt.certificate.issued.{HOUSEHOLD_PAGE}.33.>"
BIRTHS = f"evt.certificate.*.{BIRTH_CERTIFICATE}.33.07.>"
PATH = "/v1/subscriptions"


async def subscribe(
    world: World, name: Any = "pages", *topics: str, client: str = "medical-insurance", **headers: str
) -> httpx2.Response:
    body = {"name": name, "topics": list(topics or (PAGES,))}
    return await world.http.post(PATH, json=body, headers={**await world.bearer(client), **headers})


async def test_a_department_subscribes(world: World) -> None:
    answer = await subscribe(world, "pages", PAGES, BIRTHS)
    assert answer.status_code == 201
    assert answer.json() == {
        "name": "pages",
        "topics": [BIRTHS, PAGES],
        "nats": {
            "url": world.service.settings.nats_url,
            "stream": "EVT",
            "consumer": "medical-insurance_pages",
            "inbox_prefix": "_INBOX_medical-insurance",
        },
        "ready": False,
        "reason": "bus-away",
        "suspended": [],
        "delivered": None,
        "acknowledged": None,
        "head": None,
        "lag": None,
        "created_at": "2026-03-11T02:00:00Z",
    }
    headers = await world.bearer("medical-insurance")
    assert (await world.http.get(f"{PATH}/pages", headers=headers)).json() == answer.json()
    assert (await world.http.get(PATH, headers=headers)).json() == {"items": [answer.json()], "next": None}


async def test_the_same_again_changes_nothing(world: World) -> None:
    first = await subscribe(world, "pages", PAGES, BIRTHS)
    again = await subscribe(world, "pages", BIRTHS, PAGES)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await world.count("subscriptions") == 1


async def test_a_key_is_good_for_one_subscription(world: World) -> None:
    key = {"idempotency-key": "one-subscription"}
    assert (await subscribe(world, **key)).status_code == 201
    assert (await subscribe(world, **key)).status_code == 200
    other = await subscribe(world, "births", BIRTHS, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    await world.http.delete(f"{PATH}/pages", headers=await world.bearer("medical-insurance"))
    late = await subscribe(world, **key)
    assert (late.status_code, late.json()["code"]) == (404, "subscription-not-found")
    assert await world.count("subscriptions") == 0


async def test_a_name_with_other_topics_is_refused_and_says_which_it_has(world: World) -> None:
    await subscribe(world, "mine", PAGES)
    answer = await subscribe(world, "mine", BIRTHS)
    assert (answer.status_code, answer.json()["code"]) == (409, "subscription-differs")
    assert answer.json()["topics"] == [PAGES]


async def test_a_name_of_another_department_is_taken(world: World) -> None:
    await subscribe(world, "ours")
    answer = await subscribe(world, "ours", "to.hospital.>", client="hospital")
    assert (answer.status_code, answer.json()["code"]) == (409, "subscription-name-taken")
    assert await world.count("subscriptions") == 1


async def test_of_those_who_come_at_once_one_makes_it(world: World) -> None:
    theirs = [subscribe(world, "ours") for _ in range(4)]
    others = [subscribe(world, "ours", "to.hospital.>", client="hospital") for _ in range(4)]
    answers = await asyncio.gather(*theirs, *others)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 200, 200, 201, 409, 409, 409, 409]
    assert await world.count("subscriptions") == 1


async def test_another_departments_subscription_is_as_if_there_were_none(world: World) -> None:
    await subscribe(world, "ours")
    headers = await world.bearer("hospital")
    for method in ("GET", "DELETE"):
        answer = await world.http.request(method, f"{PATH}/ours", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "subscription-not-found")
    assert (await world.http.get(PATH, headers=headers)).json() == {"items": [], "next": None}
    assert await world.count("subscriptions") == 1


async def test_a_subscription_is_deleted(world: World) -> None:
    await subscribe(world)
    headers = await world.bearer("medical-insurance")
    assert (await world.http.delete(f"{PATH}/pages", headers=headers)).status_code == 204
    assert (await world.http.delete(f"{PATH}/pages", headers=headers)).status_code == 404
    assert (await subscribe(world, "pages", BIRTHS)).status_code == 201


@pytest.mark.parametrize(
    ("topics", "status", "code"),
    [
        (["evt.certificate.issued.no-such-kind.33.>"], 422, "topic-not-valid"),
        (["evt.certificate.issued.>"], 403, "topic-not-allowed"),
        ([f"evt.certificate.issued.{HOUSEHOLD_PAGE}.>"], 403, "topic-not-allowed"),
        (["int.>"], 403, "topic-not-allowed"),
        (["to.hospital.>"], 403, "topic-not-allowed"),
        ([PAGES, f"evt.certificate.*.{HOUSEHOLD_PAGE}.33.07.82"], 422, "topics-overlap"),
        ([PAGES, PAGES], 422, "topics-overlap"),
        ([PAGES] * 33, 422, "invalid-request"),
        (["x" * 257], 422, "invalid-request"),
    ],
)
async def test_a_refusal_creates_nothing(world: World, topics: list[str], status: int, code: str) -> None:
    answer = await subscribe(world, "pages", *topics)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await world.count("subscriptions") == 0


@pytest.mark.parametrize(
    "name",
    ["*", ">", "a.b", "a b", "pages\r", "pages\n", "Pages", "-pages", "pages-", "pa_ges", "", "x" * 49, "页", 7, None],
)
async def test_a_name_is_a_code_and_the_refusal_says_so(world: World, name: Any) -> None:
    answer = await subscribe(world, name)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/body/name"
    if isinstance(name, str):
        assert "a-z" in error["reason"]
        assert "48" in error["reason"]
    assert await world.count("subscriptions") == 0


async def test_no_topics_at_all_are_refused(world: World) -> None:
    headers = await world.bearer("medical-insurance")
    answer = await world.http.post(PATH, json={"name": "pages", "topics": []}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_before_the_sharing_rules_are_known_nobody_subscribes(unloaded: World) -> None:
    answer = await subscribe(unloaded)
    assert (answer.status_code, answer.json()["code"]) == (503, "sharing-rules-not-loaded")
    assert answer.headers["retry-after"] == "1"
    assert await unloaded.count("subscriptions") == 0


async def test_a_department_has_at_most_fifty(world: World) -> None:
    headers = await world.bearer("medical-insurance")
    for number in range(50):
        body = {"name": f"number-{number}", "topics": [PAGES]}
        assert (await world.http.post(PATH, json=body, headers=headers)).status_code == 201
    answer = await subscribe(world, "one-more")
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (409, "too-many-subscriptions", 50)
    assert (await subscribe(world, "number-7")).status_code == 200

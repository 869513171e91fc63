"""Regions: loaded from a list, whole as far as it goes, and checked against wherever some were loaded."""

from typing import Any

import pytest

from identity.regions.rules import contradictions, range_within
from tests.identity.administration.desk import TAX, Desk, refusal

ZHEJIANG = {"330000": "浙江省", "330700": "金华市", "330782": "义乌市", "330783": "东阳市", "330100": "杭州市"}


def listed(codes: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"regions": [{"code": code, "name": {"zh": name}, **more} for code, name in codes.items()]}


async def codes(desk: Desk, query: str = "") -> list[str]:
    """What anybody is shown."""
    return [each["code"] for each in (await desk.world.http.get(f"/v1/regions{query}")).json()["items"]]


async def test_a_list_is_loaded_once_however_often_it_is_sent(desk: Desk) -> None:
    first = await desk.done("PUT", "/regions", listed(ZHEJIANG))
    again = await desk.done("PUT", "/regions", listed(ZHEJIANG))
    assert (first, again) == ({"loaded": 5, "new": 5, "changed": 0}, {"loaded": 5, "new": 0, "changed": 0})
    assert await desk.acts() == [("regions.loaded", "regions")]
    assert await codes(desk) == sorted(ZHEJIANG)
    assert await codes(desk, "?within=330700") == ["330700", "330782", "330783"]
    assert await codes(desk, "?within=330782") == ["330782"]
    assert await codes(desk, "?limit=2&after=330700") == ["330782", "330783"]


async def test_what_is_no_more_stays_known_and_takes_no_department(desk: Desk) -> None:
    await desk.done("PUT", "/regions", listed(ZHEJIANG))
    changed = await desk.done("PUT", "/regions", listed({"330783": "东阳市"}, abolished_on="2026-01-01"))
    assert changed == {"loaded": 1, "new": 0, "changed": 1}
    assert "330783" in await codes(desk)
    assert refusal(await desk.put("/departments/tax", TAX | {"region": "330783"})) == (422, "region-unknown")
    assert (await desk.put("/departments/tax", TAX | {"region": "330782"})).status_code == 201


async def test_where_none_was_loaded_any_code_will_do(desk: Desk) -> None:
    assert (await desk.put("/departments/tax", TAX | {"region": "330783"})).status_code == 201


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_loaded(desk: Desk) -> None:
    wrong = listed({"330000": "浙江省", "330782": "义乌市", "990000": "无", "420100": "武汉市"})
    wrong["regions"] += wrong["regions"][:1]
    answer = await desk.put("/regions", wrong)
    assert refusal(answer) == (422, "regions-not-consistent")
    assert [(each["code"], each["why"]) for each in answer.json()["regions"]] == [
        ("330000", "twice"),
        ("330782", "city-missing"),
        ("420100", "province-missing"),
        ("990000", "no-such-province"),
    ]
    assert await codes(desk) == []


@pytest.mark.parametrize(
    "body",
    [
        {"regions": []},
        listed({"33000": "浙江省"}),
        listed({"330000": ""}),
        listed({"330000": "浙\u0007江"}),
        listed({"330000": "浙江省"}, abolished_on="2026-02-30"),
        listed({"330000": "浙江省"}, parent="000000"),
    ],
)
async def test_what_is_no_list_of_regions_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    assert refusal(await desk.put("/regions", body)) == (422, "invalid-request")


def test_municipalities_and_what_a_province_administers_itself_need_no_city() -> None:
    assert contradictions(["110000", "110101", "420000", "429004"], known=()) == []
    assert contradictions(["429004"], known=["420000"]) == []


def test_a_region_holds_itself_and_what_is_in_it() -> None:
    assert range_within("330000") == ("330000", "339999")
    assert range_within("330700") == ("330700", "330799")
    assert range_within("330782") == ("330782", "330782")

"""Departments and officers: registered once however often it is said, changed, suspended, retired."""

from typing import Any

import pytest

from shared.ids import new_id
from shared.jose import SigningKey
from tests.identity.administration.desk import OFFICER, TAX, Desk, refusal
from tests.identity.world import OFFICERS, oauth_error


async def test_a_department_is_registered_once_however_often_it_is_said(desk: Desk) -> None:
    first, again = await desk.put("/departments/tax", TAX), await desk.put("/departments/tax", TAX)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"code": "tax", **TAX, "retired_at": None}
    assert await desk.acts() == [("department.registered", "tax")]


async def test_what_changes_is_in_the_books_by_its_name_and_not_its_value(desk: Desk) -> None:
    await desk.put("/departments/tax", TAX)
    await desk.put("/departments/tax", TAX | {"region": "330700"})
    assert (await desk.done("GET", "/departments/tax"))["region"] == "330700"
    page = await desk.done("GET", "/acts")
    assert page["items"][0]["details"] == {"changed": ["region"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"uscc": "11330000MB9X00074X"}, (422, "identity-number-not-valid")),
        ({"uscc": "1133"}, (422, "invalid-request")),
        ({"uscc": "11330105002500287C"}, (409, "department-number-taken")),
        ({"region": "033000"}, (422, "invalid-request")),
        ({"name": {"zh": "税务"}}, (422, "invalid-request")),
        ({"name": {"zh": "税\u0007务", "en": "Tax"}}, (422, "invalid-request")),
        ({"retired_at": None}, (422, "invalid-request")),
    ],
)
async def test_what_is_wrong_is_refused_and_leaves_nothing(
    desk: Desk, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(await desk.put("/departments/tax", TAX | change)) == expected
    assert refusal(await desk.call("GET", "/departments/tax")) == (404, "department-not-found")
    assert await desk.acts() == []


async def test_a_department_is_retired_with_all_that_it_has(desk: Desk) -> None:
    key = SigningKey.generate()
    await desk.tax()
    await desk.add_key("tax", key)
    retired = await desk.done("POST", "/departments/tax/retirement")
    ended = (retired["clients_revoked"], retired["officers_suspended"], retired["subscriptions_ended"])
    assert ended == (1, 1, 0)
    assert oauth_error(await desk.ask("tax", key, officer=str(OFFICER))) == (401, "invalid_client")
    assert (await desk.done("GET", f"/officers/{OFFICER}"))["suspended_at"] is not None


async def test_what_a_department_followed_ends_with_it(desk: Desk) -> None:
    hospital = await desk.world.bearer("hospital")
    body = {"name": "births", "topics": ["evt.party.*.*.33.07.82"]}
    assert (await desk.world.http.post("/v1/subscriptions", json=body, headers=hospital)).status_code == 201
    assert (await desk.done("POST", "/departments/hospital/retirement"))["subscriptions_ended"] == 1
    assert await desk.world.count("subscriptions") == 0


async def test_retiring_again_changes_nothing(desk: Desk) -> None:
    await desk.tax()
    first = await desk.done("POST", "/departments/tax/retirement")
    again = await desk.done("POST", "/departments/tax/retirement")
    assert again["department"] == first["department"]
    assert (again["clients_revoked"], again["officers_suspended"]) == (0, 0)
    assert [act for act, _ in await desk.acts()].count("department.retired") == 1


async def test_a_retired_department_stays_so_and_takes_nobody_in(desk: Desk) -> None:
    await desk.tax()
    await desk.done("POST", "/departments/tax/retirement")
    name = {"zh": "办税员", "en": "Officer"}
    assert refusal(await desk.put("/departments/tax", TAX)) == (409, "department-retired")
    late = await desk.put(f"/officers/{new_id()}", {"department": "tax", "name": name})
    assert refusal(late) == (409, "department-retired")
    back = await desk.call("POST", f"/officers/{OFFICER}/reinstatement")
    assert refusal(back) == (409, "department-retired")
    says = {"kind": "department", "department": "tax", "scopes": ["cases"]}
    assert refusal(await desk.put("/clients/tax-two", says)) == (409, "department-retired")


async def test_pages_of_departments_hold_each_once(desk: Desk) -> None:
    first = await desk.done("GET", "/departments?limit=2")
    rest = await desk.done("GET", f"/departments?limit=2&after={first['next']}")
    assert [each["code"] for each in first["items"] + rest["items"]] == [
        "hospital",
        "medical-insurance",
        "public-security",
    ]
    assert rest["next"] is None


async def test_an_officer_is_registered_once_and_changed(desk: Desk) -> None:
    await desk.put("/departments/tax", TAX)
    says = {"department": "tax", "name": {"zh": "办税员", "en": "Officer"}}
    first = await desk.put(f"/officers/{OFFICER}", says)
    again = await desk.put(f"/officers/{OFFICER}", says)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    await desk.done("PUT", f"/officers/{OFFICER}", says | {"roles": ["officer", "head"]})
    assert [act for act, _ in await desk.acts()][-2:] == ["officer.registered", "officer.changed"]
    assert [each["id"] for each in (await desk.done("GET", "/officers?department=tax"))["items"]] == [str(OFFICER)]


async def test_no_name_of_an_officer_is_in_the_books(desk: Desk) -> None:
    await desk.tax()
    [books] = await desk.world.rows("SELECT string_agg(a::text, ' ') FROM administrative_acts AS a")
    assert "办税员" not in books[0]


async def test_an_officer_stays_with_their_department_and_needs_one(desk: Desk) -> None:
    await desk.tax()
    name = {"zh": "办税员", "en": "Officer"}
    moved = await desk.put(f"/officers/{OFFICER}", {"department": "hospital", "name": name})
    assert refusal(moved) == (409, "officer-of-another-department")
    lost = await desk.put(f"/officers/{new_id()}", {"department": "nobody", "name": name})
    assert refusal(lost) == (422, "department-unknown")
    for path in (f"/officers/{new_id()}", f"/officers/{new_id()}"):
        assert refusal(await desk.call("GET", path)) == (404, "officer-not-found")


async def test_nobody_acts_for_a_suspended_officer_until_they_are_back(desk: Desk) -> None:
    officer = str(OFFICERS["hospital"])
    suspended = await desk.done("POST", f"/officers/{officer}/suspension")
    assert await desk.done("POST", f"/officers/{officer}/suspension") == suspended
    refused = await desk.world.ask_token("hospital", officer=officer)
    assert oauth_error(refused) == (400, "invalid_grant")
    assert (await desk.done("POST", f"/officers/{officer}/reinstatement"))["suspended_at"] is None
    assert (await desk.world.ask_token("hospital", officer=officer)).status_code == 200
    assert [act for act, _ in await desk.acts()] == ["officer.suspended", "officer.reinstated"]


async def test_tokens_for_a_suspended_officer_are_told_to_be_good_no_more(desk: Desk) -> None:
    officer = OFFICERS["hospital"]
    await desk.done("POST", f"/officers/{officer}/suspension")
    assert str(officer) in (await desk.world.service.revocations()).officers

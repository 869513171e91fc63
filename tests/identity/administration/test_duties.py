"""Standing duties, given, changed and ended by an administrator: published and asked on at once, and in the books."""

from typing import Any

import httpx2
import pytest

from identity.bootstrap import load
from tests.identity.administration.desk import Desk, refusal
from tests.identity.world import MOTHER_NUMBER, document

LAW = {"zh": "《中华人民共和国社会保险法》第二十五条", "en": "Social Insurance Law, Art 25"}
READ = {"law": LAW, "item": "resident-medical-insurance", "kinds": ["resident-identity", "household-register-page"]}
PATH = "/departments/medical-insurance/duties/enrolment"


async def published(desk: Desk) -> list[dict[str, Any]]:
    """What everybody sees of the department."""
    found = (await desk.world.http.get("/v1/duties")).json()["items"]
    return [each for each in found if each["department"] == "medical-insurance"]


async def look_up(desk: Desk) -> httpx2.Response:
    """The department asks who has a number, on a duty of its own."""
    body = {"parties": [{"id_number": MOTHER_NUMBER}], "purpose": "duty"}
    headers = await desk.world.bearer("medical-insurance")
    return await desk.world.http.post("/v1/parties/resolve", json=body, headers=headers)


async def test_a_duty_is_given_once_however_often_it_is_said_and_everybody_sees_it(desk: Desk) -> None:
    first, again = await desk.put(PATH, READ), await desk.put(PATH, READ)
    assert (first.status_code, again.status_code) == (201, 200)
    assert await published(desk) == [first.json()] == [again.json()]
    assert first.json()["kinds"] == sorted(READ["kinds"])
    assert first.json()["parties"] == {"kinds": ["person"], "regions": ["330782"]}
    assert await desk.acts() == [("duty.given", "medical-insurance/enrolment")]


async def test_on_a_duty_people_are_looked_up_from_now_on_and_no_more_when_it_has_ended(desk: Desk) -> None:
    assert refusal(await look_up(desk)) == (403, "purpose-refused")
    await desk.done("PUT", PATH, {"law": LAW})
    assert (await look_up(desk)).status_code == 200
    assert (await desk.call("DELETE", PATH)).status_code == 204
    assert refusal(await look_up(desk)) == (403, "purpose-refused")
    assert [act for act, _ in await desk.acts()] == ["duty.given", "duty.ended"]


async def test_what_changes_is_in_the_books_by_its_name(desk: Desk) -> None:
    await desk.done("PUT", PATH, READ)
    await desk.done("PUT", PATH, READ | {"parties": {"kinds": ["person", "organisation"]}})
    page = await desk.done("GET", "/acts")
    assert page["items"][0]["act"] == "duty.changed"
    assert page["items"][0]["details"] == {"changed": ["party_kinds"]}


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (READ | {"kinds": []}, (422, "invalid-request")),
        (READ | {"item": None}, (422, "invalid-request")),
        (READ | {"law": {"zh": "某法"}}, (422, "invalid-request")),
        (READ | {"parties": {"kinds": []}}, (422, "invalid-request")),
        (READ | {"parties": {"kinds": ["animal"]}}, (422, "invalid-request")),
        (READ | {"parties": {"regions": ["330782", "320000"]}}, (422, "duty-regions-outside")),
        (READ | {"parties": {"regions": ["330000"]}}, (422, "duty-regions-outside")),
    ],
)
async def test_what_is_wrong_is_refused_and_leaves_nothing(
    desk: Desk, says: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(await desk.put(PATH, says)) == expected
    assert await published(desk) == []
    assert await desk.acts() == []


async def test_nobody_has_a_duty_who_is_no_department_or_no_more(desk: Desk) -> None:
    assert refusal(await desk.put("/departments/nobody/duties/enrolment", READ)) == (404, "department-not-found")
    await desk.done("POST", "/departments/medical-insurance/retirement")
    assert refusal(await desk.put(PATH, READ)) == (409, "department-retired")


async def test_a_duty_that_there_is_not_cannot_end(desk: Desk) -> None:
    assert refusal(await desk.call("DELETE", PATH)) == (404, "duty-not-found")


async def test_a_platform_that_loads_its_document_again_takes_back_nothing_that_was_said_of_duties(desk: Desk) -> None:
    wanted = document()
    department = next(each for each in wanted["departments"] if each["code"] == "medical-insurance")
    written = {"basis_zh": "某法", "basis_en": "Some law"}
    department["duties"] = [{"code": "enrolment", **written}, {"code": "births", **written}]
    service = desk.world.service

    async def start() -> None:
        async with service.database.transaction() as conn:
            await load(wanted, conn, service.vault, service.clock())

    await start()
    await desk.done("PUT", PATH, {"law": LAW})
    assert (await desk.call("DELETE", "/departments/medical-insurance/duties/births")).status_code == 204
    await start()
    assert [(each["code"], each["law"]) for each in await published(desk)] == [("enrolment", LAW)]


async def test_only_who_administers_the_platform_gives_or_ends_one(desk: Desk) -> None:
    headers = await desk.world.bearer("medical-insurance")
    for method in ("PUT", "DELETE"):
        answer = await desk.world.http.request(method, f"/v1/admin{PATH}", json=READ, headers=headers)
        assert answer.status_code == 403

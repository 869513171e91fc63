"""Officers who sign in themselves: linked by an administrator, and needed for what a system may not do alone."""

import pytest

from tests.identity.administration.desk import refusal
from tests.identity.federation.city import HERE, City
from tests.identity.world import OFFICERS, oauth_error


async def test_an_officer_who_was_linked_acts_in_their_departments_token(city: City) -> None:
    assert (await city.link("nurse")).status_code == 204
    said = city.said(await city.enter("nurse", client="hospital"))
    assert (said["department"], said["act"], said["kind"]) == (
        "hospital",
        {"sub": str(OFFICERS["hospital"])},
        "department",
    )
    assert (said["acr"], said["scope"].split()) == (3, ["events", "parties:register", "parties:resolve"])


async def test_a_login_that_nobody_linked_is_nobodys(city: City) -> None:
    assert await city.refuses(await city.officers.sign_in("nurse", HERE["hospital"]), client="hospital")


async def test_an_officer_signs_in_at_their_own_department_alone(city: City) -> None:
    await city.link("nurse")
    token = await city.officers.sign_in("nurse", HERE["public-security"])
    assert oauth_error(await city.exchange(token, client="public-security")) == (400, "invalid_grant")


async def test_an_officer_out_of_office_does_not_get_in(city: City) -> None:
    await city.link("nurse")
    path = f"/v1/admin/officers/{OFFICERS['hospital']}/suspension"
    await city.world.http.post(path, headers=await city.world.bearer("admin"))
    assert (await city.enter("nurse", client="hospital")).status_code == 400


async def test_a_person_is_no_officer_and_an_officer_no_person(city: City) -> None:
    await city.link("nurse")
    assert await city.refuses(await city.people.sign_in("mother", HERE["app"]), client="hospital")
    assert await city.refuses(await city.officers.sign_in("nurse", HERE["hospital"]), client="app")


async def test_without_a_sign_in_a_system_has_the_rest_of_its_rights(city: City) -> None:
    officer = str(OFFICERS["hospital"])
    answer = await city.world.ask_token("hospital", officer=officer)
    assert answer.json()["scope"].split() == ["events", "parties:resolve"]
    asked = await city.world.ask_token("hospital", officer=officer, scope="parties:register")
    assert oauth_error(asked) == (400, "invalid_scope")


async def test_to_link_again_changes_nothing_and_is_in_the_books_once(city: City) -> None:
    assert [(await city.link("nurse")).status_code for _ in range(2)] == [204, 204]
    rows = await city.world.rows("SELECT act, details::text FROM administrative_acts")
    assert [(act, city.officers.issuer in details) for act, details in rows] == [("officer.linked", True)]
    assert "sso-nurse" not in await city.world.everything_stored()


async def test_a_login_is_one_officers_and_an_officer_has_one(city: City) -> None:
    await city.link("nurse")
    assert refusal(await city.link("nurse", "public-security")) == (409, "login-taken")
    assert refusal(await city.link("clerk")) == (409, "officer-has-login")


async def test_a_login_is_taken_away(city: City) -> None:
    await city.link("nurse")
    path = f"/v1/admin/officers/{OFFICERS['hospital']}/login"
    for _ in range(2):
        gone = await city.world.http.delete(
            path, params={"issuer": city.officers.issuer}, headers=await city.world.bearer("admin")
        )
        assert gone.status_code == 204
    assert await city.refuses(await city.officers.sign_in("nurse", HERE["hospital"]), client="hospital")
    assert (await city.link("clerk")).status_code == 204


@pytest.mark.parametrize("issuer", ["https://nobody.test", "people"])
async def test_only_a_provider_of_officers_has_logins_of_officers(city: City, issuer: str) -> None:
    body = {"issuer": city.people.issuer if issuer == "people" else issuer, "subject": "sso-nurse"}
    path = f"/v1/admin/officers/{OFFICERS['hospital']}/login"
    answer = await city.world.http.put(path, json=body, headers=await city.world.bearer("admin"))
    assert refusal(answer) == (422, "provider-unknown")


async def test_who_is_not_there_is_not_linked(city: City) -> None:
    body = {"issuer": city.officers.issuer, "subject": "sso-nurse"}
    path = "/v1/admin/officers/019a0000-0000-7000-8000-0000000000ee/login"
    answer = await city.world.http.put(path, json=body, headers=await city.world.bearer("admin"))
    assert refusal(answer) == (404, "officer-not-found")

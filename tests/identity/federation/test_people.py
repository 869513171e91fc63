"""People who sign in at the city's provider: found by their number the first time, by their login from then on."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from tests.identity.federation.city import HERE, City
from tests.identity.federation.provider import RSA, User
from tests.identity.world import FATHER_NUMBER, MOTHER_NUMBER, NEWBORN_NUMBER, oauth_error


async def test_a_person_is_who_the_number_says_through_the_app_that_they_use(city: City) -> None:
    said = city.said(await city.enter("mother"))
    assert (said["sub"], said["kind"], said["acr"]) == (str(city.world.people["mother"]), "person", 3)
    assert (said["act"], said["scope"], said["region"]) == ({"sub": "app"}, "applicant", "330782")


async def test_the_token_is_one_of_ours_and_opens_what_a_persons_does(city: City) -> None:
    headers = {"authorization": f"Bearer {(await city.enter('mother')).json()['access_token']}"}
    assert (await city.world.http.get("/v1/me/representations", headers=headers)).status_code == 200


async def test_who_was_here_before_is_known_by_their_login_alone(city: City) -> None:
    await city.enter("mother")
    city.people.users["mother"].claims = {}
    assert city.said(await city.enter("mother"))["sub"] == str(city.world.people["mother"])


async def test_two_first_sign_ins_at_once_are_one_person(city: City) -> None:
    answers = await asyncio.gather(*(city.enter("mother") for _ in range(5)))
    assert {city.said(answer)["sub"] for answer in answers} == {str(city.world.people["mother"])}
    assert await city.world.count("external_logins") == 1


async def test_how_sure_we_are_follows_from_how_they_signed_in(city: City) -> None:
    for acr, level in (("urn:sso:password", 1), ("urn:sso:face", 3)):
        city.people.users["mother"].acr = acr
        assert city.said(await city.enter("mother"))["acr"] == level


async def test_who_is_nobody_here_or_not_sure_enough_is_told_alike(city: City) -> None:
    for user in (
        User("sso-mother", acr=None, claims={"id_card": MOTHER_NUMBER}),
        User("sso-mother", acr="urn:sso:anything", claims={"id_card": MOTHER_NUMBER}),
        User("sso-nobody"),
        User("sso-child", claims={"id_card": NEWBORN_NUMBER}),
        User("sso-child", claims={"id_card": "not a number"}),
        User("sso-child", claims={"id_card": 330782188808080012}),
        User("sso-company", claims={"id_card": "11330105002500287C"}),
    ):
        city.people.users["somebody"] = user
        assert await city.refuses(await city.people.sign_in("somebody", HERE["app"])), user
    assert await city.world.count("external_logins") == 0


async def test_a_login_does_not_become_another_persons(city: City) -> None:
    await city.enter("mother")
    city.people.users["mother"].claims = {"id_card": FATHER_NUMBER}
    assert await city.refuses(await city.people.sign_in("mother", HERE["app"]))


async def test_an_id_token_is_good_once(city: City) -> None:
    token = await city.people.sign_in("mother", HERE["app"])
    answers = await asyncio.gather(*(city.exchange(token) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    assert await city.refuses(token)


# The order of the group of P-256 (SEC 2 section 2.4.2).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def with_its_other_signature(token: str) -> str:
    """The same claims, signed as well: where (r, s) holds so does (r, -s), and nobody needs the key to make it."""
    signed, _, signature = token.rpartition(".")
    both = urlsafe_b64decode(signature + "==")
    negated = (ORDER - int.from_bytes(both[32:])).to_bytes(32)
    return f"{signed}.{urlsafe_b64encode(both[:32] + negated).decode().rstrip('=')}"


async def test_an_id_token_is_good_once_also_with_its_other_signature(city: City) -> None:
    token = await city.people.sign_in("mother", HERE["app"])
    other = with_its_other_signature(token)
    assert (await city.exchange(other)).status_code == 200  # it does hold
    assert await city.refuses(token)
    assert await city.refuses(other)


async def test_an_id_token_is_good_at_its_app_alone(city: City) -> None:
    for client in ("other-app", "hospital", "public-security"):
        assert await city.refuses(await city.people.sign_in("mother", HERE["app"]), client=client), client


async def test_those_who_look_after_the_platform_bring_nobody_along(city: City) -> None:
    answer = await city.exchange(await city.people.sign_in("mother", HERE["app"]), client="ops")
    assert oauth_error(answer) == (400, "unauthorized_client")


async def test_neither_number_nor_login_is_stored_or_logged(city: City, caplog: pytest.LogCaptureFixture) -> None:
    await city.enter("mother")
    city.people.users["mother"].claims = {"id_card": FATHER_NUMBER}
    await city.enter("mother")
    stored, logged = await city.world.everything_stored(), caplog.text
    for secret in (MOTHER_NUMBER, FATHER_NUMBER, "sso-mother"):
        assert secret not in stored
        assert secret not in logged


async def test_another_algorithm_of_the_configuration_is_as_good(city: City) -> None:
    city.people.rotate("second", RSA[2048])
    assert city.said(await city.enter("mother"))["sub"] == str(city.world.people["mother"])


async def test_the_usual_way_in_stays_open(city: City) -> None:
    assert (await city.world.exchange(await city.world.identify("mother"))).status_code == 200


async def test_a_person_gets_no_more_than_a_person_may(city: City) -> None:
    token = await city.people.sign_in("mother", HERE["app"])
    assert oauth_error(await city.exchange(token, scope="identify")) == (400, "invalid_scope")


async def test_a_request_that_is_not_whole_is_told_what_is_missing(city: City) -> None:
    for form in ({"subject_token": ""}, {"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}):
        assert oauth_error(await city.exchange("a.b.c", **form)) == (400, "invalid_request")

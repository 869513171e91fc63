"""The token endpoint: who gets what, and what every other request gets."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from sqlalchemy import text

from identity.tokens.commands import forget_expired
from shared.auth import Caller
from shared.errors import NotAuthenticated
from shared.jose import SigningKey
from tests.identity.world import EXCHANGE, MOTHER_NUMBER, OFFICERS, World, assertion_claims, oauth_error
from tests.support.clock import FrozenClock
from tests.support.tokens import ISSUER


async def caller_of(world: World, answer: Any) -> Caller:
    assert answer.status_code == 200, answer.text
    return await world.service.verifier.verify(answer.json()["access_token"])


class TestClientCredentials:
    async def test_a_departments_system_acts_for_its_officer(self, world: World) -> None:
        officer = OFFICERS["public-security"]
        caller = await caller_of(world, await world.ask_token("public-security", officer=str(officer)))
        assert (caller.sub, caller.kind) == ("department:public-security", "department")
        assert (caller.department, caller.region, caller.act) == ("public-security", "330782", str(officer))
        assert caller.roles == {"number-authority", "officer"}
        assert caller.scopes == {"parties:number", "parties:resolve", "cases"}

    async def test_a_part_of_the_scopes_can_be_asked_for(self, world: World) -> None:
        officer = str(OFFICERS["public-security"])
        answer = await world.ask_token("public-security", officer=officer, scope="cases")
        assert answer.json()["scope"] == "cases"
        assert (await caller_of(world, answer)).scopes == {"cases"}

    @pytest.mark.parametrize("scope", ["audit", "cases audit", "  ", "internal"])
    async def test_a_scope_that_the_client_has_not_is_refused(self, world: World, scope: str) -> None:
        officer = str(OFFICERS["public-security"])
        answer = await world.ask_token("public-security", officer=officer, scope=scope)
        assert oauth_error(answer) == (400, "invalid_scope")

    async def test_another_departments_officer_is_refused(self, world: World) -> None:
        answer = await world.ask_token("hospital", officer=str(OFFICERS["public-security"]))
        assert oauth_error(answer) == (400, "invalid_grant")

    @pytest.mark.parametrize("officer", ["00000000-0000-4000-8000-000000000000"])
    async def test_an_unknown_officer_is_refused(self, world: World, officer: str) -> None:
        assert oauth_error(await world.ask_token("hospital", officer=officer)) == (400, "invalid_grant")

    @pytest.mark.parametrize("form", [{}, {"officer": "Dr. Wang"}])
    async def test_no_officer_no_token(self, world: World, form: dict[str, str]) -> None:
        assert oauth_error(await world.ask_token("hospital", **form)) == (400, "invalid_request")

    async def test_t15_a_dismissed_officer_gets_no_token(self, world: World) -> None:
        async with world.service.database.transaction() as conn:
            await conn.execute(text("UPDATE officers SET dismissed_at = now() WHERE department = 'hospital'"))
        answer = await world.ask_token("hospital", officer=str(OFFICERS["hospital"]))
        assert oauth_error(answer) == (400, "invalid_grant")

    async def test_a_service_gets_a_token_for_the_service_that_it_calls(self, world: World) -> None:
        answer = await world.ask_token("licensing", audience="identity")
        caller = await caller_of(world, answer)
        assert (caller.sub, caller.service, caller.scopes) == (
            "service:licensing",
            "licensing",
            frozenset({"internal"}),
        )

    async def test_a_token_for_another_service_opens_nothing_here(self, world: World) -> None:
        answer = await world.ask_token("licensing", audience="records")
        with pytest.raises(NotAuthenticated):
            await world.service.verifier.verify(answer.json()["access_token"])

    async def test_a_service_that_does_not_exist_is_no_audience(self, world: World) -> None:
        assert oauth_error(await world.ask_token("licensing", audience="onevisit")) == (400, "invalid_target")

    async def test_an_operations_client_speaks_for_itself(self, world: World) -> None:
        caller = await caller_of(world, await world.ask_token("auditor"))
        assert (caller.sub, caller.kind, caller.scopes) == ("ops:auditor", "ops", frozenset({"audit"}))

    async def test_an_answer_is_as_rfc_6749_says(self, world: World) -> None:
        answer = await world.ask_token("app")
        assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
        assert answer.headers["cache-control"] == "no-store"

    async def test_a_token_lives_ten_minutes(self, world: World, clock: FrozenClock) -> None:
        token = (await world.ask_token("app")).json()["access_token"]
        clock.advance(seconds=660)
        await world.service.verifier.verify(token)
        clock.advance(seconds=1)
        with pytest.raises(NotAuthenticated):
            await world.service.verifier.verify(token)


FORMS: dict[str, tuple[dict[str, str], str]] = {
    "no grant type": ({"grant_type": ""}, "invalid_request"),
    "a password": ({"grant_type": "password"}, "unsupported_grant_type"),
    "another assertion type": ({"client_assertion_type": "urn:other"}, "invalid_request"),
    "no assertion": ({"client_assertion": ""}, "invalid_request"),
}


async def test_a_request_that_is_not_one_is_refused(world: World, subtests: pytest.Subtests) -> None:
    for case, (form, error) in FORMS.items():
        with subtests.test(case):
            assert oauth_error(await world.ask_token("app", **form)) == (400, error)


async def test_a_form_that_is_not_one_is_refused(world: World, subtests: pytest.Subtests) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in ("grant_type=a&grant_type=b", "&&&", "grant_type", "a=b" + "&a=b" * 30, "grant_type=\xff"):
        with subtests.test(body):
            answer = await world.http.post("/oauth/token", content=body.encode("latin-1"), headers=headers)
            assert oauth_error(answer) == (400, "invalid_request")


async def test_json_is_no_form(world: World) -> None:
    answer = await world.http.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


class TestExchange:
    async def test_an_identification_becomes_an_access_token(self, world: World) -> None:
        answer = await world.exchange(await world.identify("mother"))
        assert answer.json()["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
        assert (await caller_of(world, answer)).party == world.people["mother"]

    async def test_it_is_exchanged_once_even_in_parallel(self, world: World) -> None:
        token = await world.identify("mother")
        answers = await asyncio.gather(*(world.exchange(token) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]

    async def test_another_app_cannot_exchange_it(self, world: World) -> None:
        answer = await world.exchange(await world.identify("mother"), client="other-app")
        assert oauth_error(answer) == (400, "invalid_grant")

    async def test_it_is_exchanged_within_two_minutes(self, world: World, clock: FrozenClock) -> None:
        token = await world.identify("mother")
        clock.advance(seconds=181)
        assert oauth_error(await world.exchange(token)) == (400, "invalid_grant")

    async def test_an_access_token_is_not_exchanged(self, world: World) -> None:
        access_token = (await world.person("mother"))["authorization"].removeprefix("Bearer ")
        assert oauth_error(await world.exchange(access_token)) == (400, "invalid_grant")

    async def test_a_forged_one_is_refused(self, world: World, clock: FrozenClock) -> None:
        claims = assertion_claims(clock(), iss=ISSUER, aud="app", sub=str(world.people["mother"]), acr=3)
        forged = SigningKey.generate().sign(claims, typ="identification+jwt")
        assert oauth_error(await world.exchange(forged)) == (400, "invalid_grant")

    async def test_only_app_backends_exchange(self, world: World) -> None:
        answer = await world.exchange(await world.identify("mother"), client="auditor")
        assert oauth_error(answer) == (400, "unauthorized_client")

    @pytest.mark.parametrize("scope", ["identify", "applicant audit"])
    async def test_a_person_has_no_other_scope(self, world: World, scope: str) -> None:
        answer = await world.exchange(await world.identify("mother"), scope=scope)
        assert oauth_error(answer) == (400, "invalid_scope")

    async def test_another_type_of_token_is_refused(self, world: World) -> None:
        token = await world.identify("mother")
        answer = await world.exchange(token, subject_token_type="urn:ietf:params:oauth:token-type:saml2")
        assert oauth_error(answer) == (400, "invalid_request")


async def test_discovery_names_what_there_is(world: World) -> None:
    document = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["issuer"] == ISSUER
    assert document["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert document["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    assert document["grant_types_supported"] == ["client_credentials", EXCHANGE]
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


async def test_used_tokens_are_forgotten_when_they_have_expired(world: World, clock: FrozenClock) -> None:
    await world.ask_token("app")
    async with world.service.database.transaction() as conn:
        await forget_expired(conn, at=clock() + timedelta(seconds=300))
        assert (await conn.execute(text("SELECT count(*) FROM used_tokens"))).scalar_one() == 1
        await forget_expired(conn, at=clock() + timedelta(seconds=601))
        assert (await conn.execute(text("SELECT count(*) FROM used_tokens"))).scalar_one() == 0


async def test_numbers_and_codes_are_in_no_token(world: World) -> None:
    token = await world.identify("mother")
    assert MOTHER_NUMBER not in jws.extract_compact(token.encode()).payload.decode()

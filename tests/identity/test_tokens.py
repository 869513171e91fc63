"""The token endpoint: who gets what, and what every other request gets."""

import asyncio
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import OKPKey
from sqlalchemy import text

from identity.tokens.commands import forget_expired, rotate_keys, rotate_keys_when_due
from shared.auth import Caller
from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.errors import NotAuthenticated
from shared.jose import SigningKey
from tests.identity.world import EXCHANGE, ISSUER, KEYS, MOTHER_NUMBER, OFFICERS, World
from tests.support.clock import FrozenClock


async def caller_of(world: World, answer: Any) -> Caller:
    assert answer.status_code == 200, answer.text
    return await world.service.verifier.verify(answer.json()["access_token"])


async def error_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


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
        assert await error_of(answer) == (400, "invalid_scope")

    async def test_another_departments_officer_is_refused(self, world: World) -> None:
        answer = await world.ask_token("hospital", officer=str(OFFICERS["public-security"]))
        assert await error_of(answer) == (400, "invalid_grant")

    @pytest.mark.parametrize("officer", ["00000000-0000-4000-8000-000000000000"])
    async def test_an_unknown_officer_is_refused(self, world: World, officer: str) -> None:
        assert await error_of(await world.ask_token("hospital", officer=officer)) == (400, "invalid_grant")

    @pytest.mark.parametrize("form", [{}, {"officer": "Dr. Wang"}])
    async def test_no_officer_no_token(self, world: World, form: dict[str, str]) -> None:
        assert await error_of(await world.ask_token("hospital", **form)) == (400, "invalid_request")

    async def test_t15_a_dismissed_officer_gets_no_token(self, world: World) -> None:
        async with world.service.database.transaction() as conn:
            await conn.execute(text("UPDATE officers SET dismissed_at = now() WHERE department = 'hospital'"))
        answer = await world.ask_token("hospital", officer=str(OFFICERS["hospital"]))
        assert await error_of(answer) == (400, "invalid_grant")

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
        assert await error_of(await world.ask_token("licensing", audience="onevisit")) == (400, "invalid_target")

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


def claims_at(at: Any, **claims: object) -> dict[str, Any]:
    """A good assertion of the app backend, but for `claims`; None leaves one out."""
    now = int(at.timestamp())
    filled = {"iss": "app", "sub": "app", "aud": ISSUER, "jti": "jti-1", "iat": now, "exp": now + 120, **claims}
    return {name: value for name, value in filled.items() if value is not None}


ASSERTIONS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://elsewhere.test"},
    "no audience": {"aud": None},
    "by one for another": {"sub": "other-app"},
    "a client that does not exist": {"iss": "nobody", "sub": "nobody"},
    "another client's name": {"iss": "other-app", "sub": "other-app"},
    "a name that is no text": {"iss": ["app"], "sub": ["app"]},
    "no jti": {"jti": None},
    "a jti that is no text": {"jti": 7},
    "an endless jti": {"jti": "x" * 129},
    "no expiry": {"exp": None},
    "an expiry that is no number": {"exp": "soon"},
    "NUL in the name": {"iss": "a\0pp", "sub": "a\0pp"},
}


class TestClientAssertions:
    async def ask(self, world: World, assertion: str, **form: str) -> Any:
        filled = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **form,
        }
        return await world.http.post("/oauth/token", data=filled)

    @pytest.mark.parametrize("claims", ASSERTIONS.values(), ids=ASSERTIONS)
    async def test_an_assertion_that_is_not_right_is_refused(
        self, world: World, clock: FrozenClock, claims: dict[str, Any]
    ) -> None:
        answer = await self.ask(world, KEYS["app"].sign(claims_at(clock(), **claims), typ="JWT"))
        assert await error_of(answer) == (401, "invalid_client")
        assert await world.rows("SELECT 1 FROM used_tokens") == []

    @pytest.mark.parametrize(
        ("shift", "status"),
        [(-59, 200), (-61, 401), (360, 200), (361, 401)],
        ids=["59 s late", "61 s late", "6 minutes ahead", "more than 6 minutes ahead"],
    )
    async def test_t6_an_assertion_lives_five_minutes_at_most_and_clocks_differ_by_one(
        self, world: World, clock: FrozenClock, shift: int, status: int
    ) -> None:
        claims = claims_at(clock(), exp=int(clock().timestamp()) + shift)
        assert (await self.ask(world, KEYS["app"].sign(claims, typ="JWT"))).status_code == status

    async def test_t6_an_assertion_of_the_future_is_refused(self, world: World, clock: FrozenClock) -> None:
        claims = claims_at(clock(), iat=int(clock().timestamp()) + 61)
        assert await error_of(await self.ask(world, KEYS["app"].sign(claims, typ="JWT"))) == (401, "invalid_client")

    async def test_the_token_url_is_an_audience_too(self, world: World, clock: FrozenClock) -> None:
        claims = claims_at(clock(), aud=[f"{ISSUER}/oauth/token"])
        assert (await self.ask(world, KEYS["app"].sign(claims, typ="JWT"))).status_code == 200

    async def test_a_replayed_assertion_is_refused(self, world: World, clock: FrozenClock) -> None:
        assertion = client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=clock())
        answers = await asyncio.gather(*(self.ask(world, assertion) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]

    async def test_an_assertion_is_used_up_by_a_refused_request_as_well(self, world: World, clock: FrozenClock) -> None:
        assertion = client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=clock())
        assert (await self.ask(world, assertion, scope="audit")).status_code == 400
        assert await error_of(await self.ask(world, assertion)) == (401, "invalid_client")

    async def test_a_client_id_beside_the_assertion_must_be_the_same(self, world: World, clock: FrozenClock) -> None:
        assertion = client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=clock())
        assert await error_of(await self.ask(world, assertion, client_id="hospital")) == (401, "invalid_client")

    async def test_an_ed25519_key_signs_as_well(self, world: World, clock: FrozenClock) -> None:
        key = OKPKey.generate_key("Ed25519")
        public = {**key.as_dict(private=False), "kid": key.thumbprint()}
        async with world.service.database.transaction() as conn:
            await conn.execute(
                text("UPDATE clients SET jwks = :jwks WHERE client_id = 'app'"),
                {"jwks": orjson.dumps({"keys": [public]}).decode()},
            )
        header = {"alg": "Ed25519", "typ": "JWT", "kid": key.thumbprint()}
        assertion = jws.serialize_compact(header, orjson.dumps(claims_at(clock())), key, algorithms=["Ed25519"])
        assert (await self.ask(world, assertion)).status_code == 200


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def forge(header: dict[str, Any], claims: dict[str, Any], *, key: SigningKey = KEYS["app"]) -> str:
    """A JWS with any header, signed with ES256 whatever the header says."""
    filled = {"alg": "ES256", "typ": "JWT", "kid": KEYS["app"].kid, **header}
    signed = f"{encoded(orjson.dumps(filled))}.{encoded(orjson.dumps(claims))}"
    private = key.key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def confuse(claims: dict[str, Any]) -> str:
    """HS256 with the public key as its secret."""
    header = {"alg": "HS256", "typ": "JWT", "kid": KEYS["app"].kid}
    signed = f"{encoded(orjson.dumps(header))}.{encoded(orjson.dumps(claims))}"
    secret = KEYS["app"].key.as_pem(private=False)
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def unsigned(claims: dict[str, Any]) -> str:
    return forge({"alg": "none"}, claims).rsplit(".", 1)[0] + "."


FORGERIES: dict[str, Any] = {
    "T2 HS256 with the public key": confuse,
    "T3 a kid that is a path": lambda claims: forge({"kid": "../../dev/null"}, claims),
    "T3 a kid that is SQL": lambda claims: forge({"kid": "' OR 1=1--"}, claims),
    "T3 a kid that is an address": lambda claims: forge({"kid": "http://127.0.0.1/"}, claims),
    "T4 a key of its own": lambda claims: forge({"jwk": KEYS["app"].public_jwk()}, claims),
    "T4 an address of keys": lambda claims: forge({"jku": "http://127.0.0.1/jwks"}, claims),
    "T4 an address of certificates": lambda claims: forge({"x5u": "http://127.0.0.1/x5u"}, claims),
    "T5 a critical extension": lambda claims: forge({"crit": ["exp"], "exp": 1}, claims),
    "T7 another type": lambda claims: forge({"typ": "at+jwt"}, claims),
    "a stranger's key": lambda claims: forge({}, claims, key=SigningKey.generate()),
    "T1 no algorithm": unsigned,
    "T17 ten kilobytes": lambda claims: forge({}, {**claims, "padding": "x" * 10_000}),
    "not a token": lambda _: "not-a-token",
    "T18 a space before": lambda claims: " " + forge({}, claims),
    "T20 a signature of zeros": lambda claims: forge({}, claims).rsplit(".", 1)[0] + "." + "A" * 86,
    "T19 five parts": lambda claims: forge({}, claims) + ".AAAA.AAAA",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_assertion_is_refused(world: World, clock: FrozenClock, forgery: Any) -> None:
    answer = await TestClientAssertions().ask(world, forgery(claims_at(clock())))
    assert await error_of(answer) == (401, "invalid_client")


FORMS: dict[str, tuple[dict[str, str], str]] = {
    "no grant type": ({"grant_type": ""}, "invalid_request"),
    "a password": ({"grant_type": "password"}, "unsupported_grant_type"),
    "another assertion type": ({"client_assertion_type": "urn:other"}, "invalid_request"),
    "no assertion": ({"client_assertion": ""}, "invalid_request"),
}


@pytest.mark.parametrize(("form", "error"), FORMS.values(), ids=FORMS)
async def test_a_request_that_is_not_one_is_refused(world: World, form: dict[str, str], error: str) -> None:
    assert await error_of(await world.ask_token("app", **form)) == (400, error)


@pytest.mark.parametrize(
    "body", ["grant_type=a&grant_type=b", "&&&", "grant_type", "a=b" + "&a=b" * 30, "grant_type=\xff"]
)
async def test_a_form_that_is_not_one_is_refused(world: World, body: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await world.http.post("/oauth/token", content=body.encode("latin-1"), headers=headers)
    assert await error_of(answer) == (400, "invalid_request")


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
        assert await error_of(answer) == (400, "invalid_grant")

    async def test_it_is_exchanged_within_two_minutes(self, world: World, clock: FrozenClock) -> None:
        token = await world.identify("mother")
        clock.advance(seconds=181)
        assert await error_of(await world.exchange(token)) == (400, "invalid_grant")

    async def test_an_access_token_is_not_exchanged(self, world: World) -> None:
        access_token = (await world.person("mother"))["authorization"].removeprefix("Bearer ")
        assert await error_of(await world.exchange(access_token)) == (400, "invalid_grant")

    async def test_a_forged_one_is_refused(self, world: World, clock: FrozenClock) -> None:
        claims = claims_at(clock(), iss=ISSUER, aud="app", sub=str(world.people["mother"]), acr=3)
        forged = SigningKey.generate().sign(claims, typ="identification+jwt")
        assert await error_of(await world.exchange(forged)) == (400, "invalid_grant")

    async def test_only_app_backends_exchange(self, world: World) -> None:
        answer = await world.exchange(await world.identify("mother"), client="auditor")
        assert await error_of(answer) == (400, "unauthorized_client")

    @pytest.mark.parametrize("scope", ["identify", "applicant audit"])
    async def test_a_person_has_no_other_scope(self, world: World, scope: str) -> None:
        answer = await world.exchange(await world.identify("mother"), scope=scope)
        assert await error_of(answer) == (400, "invalid_scope")

    async def test_another_type_of_token_is_refused(self, world: World) -> None:
        token = await world.identify("mother")
        answer = await world.exchange(token, subject_token_type="urn:ietf:params:oauth:token-type:saml2")
        assert await error_of(answer) == (400, "invalid_request")


class TestRotation:
    async def jwks(self, world: World) -> list[str]:
        answer = await world.http.get("/.well-known/jwks.json")
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert all("d" not in key for key in answer.json()["keys"])
        return [key["kid"] for key in answer.json()["keys"]]

    async def rotate(self, world: World) -> None:
        async with world.service.database.transaction() as conn:
            await rotate_keys(conn, world.service.vault, at=world.service.clock())

    async def kid_of(self, world: World) -> str:
        token = (await world.ask_token("app")).json()["access_token"]
        kid: str = jws.extract_compact(token.encode()).headers()["kid"]
        return kid

    async def test_the_next_key_is_published_before_it_signs(self, world: World, clock: FrozenClock) -> None:
        current, coming = await self.jwks(world)
        assert await self.kid_of(world) == current
        await self.rotate(world)
        clock.advance(seconds=30)
        assert await self.kid_of(world) == coming

    async def test_old_tokens_hold_after_a_rotation(self, world: World, clock: FrozenClock) -> None:
        token = (await world.ask_token("app")).json()["access_token"]
        await self.rotate(world)
        clock.advance(seconds=500)
        assert len(await self.jwks(world)) == 3
        await world.service.verifier.verify(token)

    async def test_a_retired_key_goes_when_nothing_it_signed_is_in_use(self, world: World, clock: FrozenClock) -> None:
        retired, *_ = await self.jwks(world)
        await self.rotate(world)
        clock.advance(minutes=13)
        assert retired not in await self.jwks(world)
        async with world.service.database.transaction() as conn:
            await forget_expired(conn, at=clock())
        assert await world.rows("SELECT count(*) FROM signing_keys") == [(2,)]

    async def test_another_processs_new_key_is_found_at_once(self, world: World, clock: FrozenClock) -> None:
        await self.jwks(world)
        await self.rotate(world)
        clock.advance(seconds=1)
        [newest] = (await world.rows("SELECT kid FROM signing_keys WHERE state = 'next'"))[0]
        assert await world.service.keyring.find(newest) is not None

    async def test_keys_rotate_by_themselves_when_their_time_has_come(self, world: World, clock: FrozenClock) -> None:
        first, coming = await self.jwks(world)
        for days, expected in ((29, first), (1, coming)):
            clock.advance(days=days)
            async with world.service.database.transaction() as conn:
                await rotate_keys_when_due(conn, world.service.vault, at=clock())
            clock.advance(seconds=30)
            assert await self.kid_of(world) == expected

    async def test_private_keys_are_sealed_in_the_database(self, world: World) -> None:
        stored = await world.everything_stored()
        assert "PRIVATE KEY" not in stored
        assert '"d"' not in stored


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

"""Client assertions (RFC 7523): one way is right, and every other is refused alike."""

import asyncio
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import OKPKey
from sqlalchemy import text

from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.jose import SigningKey
from tests.identity.world import KEYS, World, assertion_claims, oauth_error
from tests.support.clock import FrozenClock
from tests.support.tokens import ISSUER


async def ask(world: World, assertion: str, **form: str) -> httpx2.Response:
    """What the token endpoint answers to this assertion."""
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return await world.http.post("/oauth/token", data={"grant_type": "client_credentials", **proof, **form})


ASSERTIONS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://elsewhere.test"},
    "no audience": {"aud": None},
    "an audience that is no text": {"aud": [{"onevisit": True}]},
    "an audience that is an object": {"aud": {}},
    "by one for another": {"sub": "other-app"},
    "a client that does not exist": {"iss": "nobody", "sub": "nobody"},
    "another client's name": {"iss": "other-app", "sub": "other-app"},
    "a name that is no text": {"iss": ["app"], "sub": ["app"]},
    "no jti": {"jti": None},
    "a jti that is no text": {"jti": 7},
    "an endless jti": {"jti": "x" * 129},
    "NUL in the jti": {"jti": "a\0b"},
    "no expiry": {"exp": None},
    "an expiry that is no number": {"exp": "soon"},
    "NUL in the name": {"iss": "a\0pp", "sub": "a\0pp"},
}


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


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
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


class TestClientAssertions:
    async def test_an_assertion_that_is_not_right_is_refused(
        self, world: World, clock: FrozenClock, subtests: pytest.Subtests
    ) -> None:
        for case, claims in ASSERTIONS.items():
            with subtests.test(case):
                answer = await ask(world, KEYS["app"].sign(assertion_claims(clock(), **claims), typ="JWT"))
                assert oauth_error(answer) == (401, "invalid_client")
        assert await world.count("used_tokens") == 0

    async def test_a_forged_assertion_is_refused(
        self, world: World, clock: FrozenClock, subtests: pytest.Subtests
    ) -> None:
        for case, forgery in FORGERIES.items():
            with subtests.test(case):
                assert oauth_error(await ask(world, forgery(assertion_claims(clock())))) == (401, "invalid_client")
        assert await world.count("used_tokens") == 0

    @pytest.mark.parametrize(
        ("shift", "status"),
        [(-59, 200), (-61, 401), (360, 200), (361, 401)],
        ids=["59 s late", "61 s late", "6 minutes ahead", "more than 6 minutes ahead"],
    )
    async def test_t6_an_assertion_lives_five_minutes_at_most_and_clocks_differ_by_one(
        self, world: World, clock: FrozenClock, shift: int, status: int
    ) -> None:
        claims = assertion_claims(clock(), exp=int(clock().timestamp()) + shift)
        assert (await ask(world, KEYS["app"].sign(claims, typ="JWT"))).status_code == status

    async def test_t6_an_assertion_of_the_future_is_refused(self, world: World, clock: FrozenClock) -> None:
        claims = assertion_claims(clock(), iat=int(clock().timestamp()) + 61)
        assert oauth_error(await ask(world, KEYS["app"].sign(claims, typ="JWT"))) == (401, "invalid_client")

    async def test_the_token_url_is_an_audience_too(self, world: World, clock: FrozenClock) -> None:
        claims = assertion_claims(clock(), aud=[f"{ISSUER}/oauth/token"])
        assert (await ask(world, KEYS["app"].sign(claims, typ="JWT"))).status_code == 200

    async def test_a_replayed_assertion_is_refused(self, world: World, clock: FrozenClock) -> None:
        assertion = client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=clock())
        answers = await asyncio.gather(*(ask(world, assertion) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]

    async def test_an_assertion_is_used_up_by_a_refused_request_as_well(self, world: World, clock: FrozenClock) -> None:
        assertion = client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=clock())
        assert (await ask(world, assertion, scope="audit")).status_code == 400
        assert oauth_error(await ask(world, assertion)) == (401, "invalid_client")

    async def test_a_client_id_beside_the_assertion_must_be_the_same(self, world: World, clock: FrozenClock) -> None:
        assertion = client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=clock())
        assert oauth_error(await ask(world, assertion, client_id="hospital")) == (401, "invalid_client")

    async def test_an_ed25519_key_signs_as_well(self, world: World, clock: FrozenClock) -> None:
        key = OKPKey.generate_key("Ed25519")
        public = {**key.as_dict(private=False), "kid": key.thumbprint()}
        async with world.service.database.transaction() as conn:
            await conn.execute(
                text("UPDATE clients SET jwks = :jwks WHERE client_id = 'app'"),
                {"jwks": orjson.dumps({"keys": [public]}).decode()},
            )
        header = {"alg": "Ed25519", "typ": "JWT", "kid": key.thumbprint()}
        assertion = jws.serialize_compact(header, orjson.dumps(assertion_claims(clock())), key, algorithms=["Ed25519"])
        assert (await ask(world, assertion)).status_code == 200

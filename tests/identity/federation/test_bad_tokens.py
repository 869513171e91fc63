"""The T series of the catalogue of bad inputs, for ID tokens of a provider: all are refused alike, and open nothing."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import orjson
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey

from tests.identity.federation.city import HERE, City
from tests.identity.federation.provider import RSA, Provider
from tests.identity.world import oauth_error

Make = Callable[[Provider], str]


def good(provider: Provider, **claims: Any) -> dict[str, Any]:
    return provider.claims("mother", HERE["app"], **claims)


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def by_hand(provider: Provider, header: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(orjson.dumps(header))}.{b64(orjson.dumps(good(provider)))}"
    return f"{signed}.{b64(signature(signed.encode()))}"


def with_header(**header: Any) -> Make:
    return lambda provider: provider.sign(good(provider), **header)


def with_claims(**claims: Any) -> Make:
    return lambda provider: provider.sign(good(provider, **claims))


def by_its_public_key(provider: Provider) -> str:
    """HS256 by what everybody has (T2)."""
    key = provider.keys["first"]
    assert isinstance(key, ECKey)
    secret = key.as_pem(private=False)
    header = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    return by_hand(provider, header, lambda signed: hmac.digest(secret, signed, "sha256"))


def encrypted(provider: Provider) -> str:
    """A JWE, whose content may be any size when it is opened (T19)."""
    key = OctKey.generate_key(256)
    header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "kid": "first"}
    return jwe.encrypt_compact(header, orjson.dumps(good(provider)), key)


def at(seconds: int, *names: str) -> Make:
    """Times of this many seconds from now."""
    return lambda provider: provider.sign(
        good(provider, **dict.fromkeys(names, int(provider.clock().timestamp()) + seconds))
    )


BAD: dict[str, Make] = {
    "T1 alg none": lambda p: by_hand(p, {"alg": "none", "typ": "JWT", "kid": "first"}, lambda _: b""),
    "T2 HS256 by the public key": by_its_public_key,
    "T3 kid is a path": with_header(kid="../../dev/null"),
    "T3 kid is SQL": with_header(kid="' OR 1=1 --"),
    "T3 kid is an address": with_header(kid="https://evil.test/keys"),
    "T3 no kid": with_header(kid=None),
    "T4 jku": with_header(jku="https://evil.test/keys"),
    "T4 x5u": with_header(x5u="https://evil.test/chain"),
    "T4 jwk": lambda p: p.sign(good(p), jwk=p.keys["first"].as_dict(private=False)),
    "T5 unknown crit": lambda p: by_hand(
        p, {"alg": "ES256", "kid": "first", "crit": ["exp"], "exp": 1}, lambda _: bytes(64)
    ),
    "T6 expired by 61 s": at(-61, "exp"),
    "T6 not before 61 s from now": at(61, "nbf"),
    "T6 issued 61 s from now": at(61, "iat"),
    "T6 signed in too long ago": at(-361, "iat"),
    "T6 no exp": with_claims(exp=None),
    "T6 no iat": with_claims(iat=None),
    "T6 exp is a text": with_claims(exp="tomorrow"),
    "T6 exp is true": with_claims(exp=True),
    "T7 another audience": with_claims(aud="another-app"),
    "T7 our own name for the app": with_claims(aud="app"),
    "T7 no audience": with_claims(aud=None),
    "T7 an empty audience": with_claims(aud=[]),
    "T7 an audience beside ours": with_claims(aud=[HERE["app"], "another-app"]),
    "T7 an audience that is no text": with_claims(aud=[HERE["app"], 7]),
    "T7 authorised for another": with_claims(azp="another-app"),
    "T7 another issuer": with_claims(iss="https://another.test"),
    "T7 no issuer": with_claims(iss=None),
    "T7 an issuer with a slash more": lambda p: p.sign(good(p, iss=f"{p.issuer}/")),
    "T7 an access token": with_header(typ="at+jwt"),
    "T7 a logout token": with_header(typ="logout+jwt"),
    "T17 10 KB and more": with_claims(padding="x" * 16_384),
    "T19 encrypted": encrypted,
    "T20 r and s are 0": lambda p: by_hand(p, {"alg": "ES256", "typ": "JWT", "kid": "first"}, lambda _: bytes(64)),
    "by another key of this name": lambda p: p.sign(good(p), key=ECKey.generate_key("P-256")),
    "an algorithm that is not configured": lambda p: p.sign(good(p), key=RSA[2048], alg="PS256"),
    "no subject": with_claims(sub=None),
    "an empty subject": with_claims(sub=""),
    "a subject of 256 characters": with_claims(sub="s" * 256),
    "a subject with NUL": with_claims(sub="s\0s"),
    "acr is a number": with_claims(acr=3),
    "the payload is a list": lambda p: p.sign([good(p)]),
    "two parts": lambda _: "a.b",
    "nothing that can be read": lambda _: "a.b.c",
    "not ASCII": lambda p: p.sign(good(p)) + "é",
    "a byte more": lambda p: p.sign(good(p)) + "A",
}


async def test_a_bad_token_opens_nothing(city: City) -> None:
    believed = [name for name, make in BAD.items() if not await city.refuses(make(city.people))]
    assert believed == []
    assert await city.world.count("external_logins") == 0


async def test_a_minute_between_clocks_is_tolerated(city: City) -> None:
    for make in (at(-59, "exp"), at(59, "nbf"), at(59, "iat")):
        assert (await city.exchange(make(city.people))).status_code == 200


async def test_nobody_is_asked_for_a_key_that_a_token_points_to(city: City) -> None:
    for name in ("T3 kid is an address", "T4 jku", "T4 x5u", "T7 another issuer"):
        await city.refuses(BAD[name](city.people))
    assert set(city.people.asked) <= {"discovery", "keys"}


async def test_two_audiences_are_good_when_both_are_the_same_app_and_it_is_named(city: City) -> None:
    both = [HERE["app"], HERE["app"]]
    assert await city.refuses(city.people.sign(good(city.people, aud=both)))
    assert (await city.exchange(city.people.sign(good(city.people, aud=both, azp=HERE["app"])))).status_code == 200


async def test_a_token_of_ours_is_no_providers(city: City) -> None:
    own = (await city.world.ask_token("app")).json()["access_token"]
    assert await city.refuses(own)
    assert await city.refuses(await city.world.identify("mother"))


async def test_a_providers_token_is_none_of_ours(city: City) -> None:
    token = await city.people.sign_in("mother", HERE["app"])
    answer = await city.world.http.get("/v1/me/representations", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert oauth_error(await city.world.exchange(token)) == (400, "invalid_grant")

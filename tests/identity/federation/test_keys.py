"""The provider's keys: found by discovery, changed without a word to us, withdrawn, and away."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import Key

from identity.federation.ports import ASK_AGAIN_AFTER, KEPT_AT_MOST
from tests.identity.federation.city import HERE, City
from tests.identity.federation.provider import RSA, Provider
from tests.support.clock import FrozenClock

KEYS_SECONDS = timedelta(seconds=300)
LONGER = timedelta(seconds=1)
FOR_SOMETHING_ELSE = [{"use": "enc"}, {"alg": "ES384"}, {"kty": "oct", "k": "c2VjcmV0"}, {"crv": "P-384"}]


def forged(provider: Provider, stolen: Key) -> str:
    """By a key that the provider has withdrawn, under the name that it had."""
    return provider.sign(provider.claims("mother", HERE["app"]), key=stolen, kid="first")


async def test_they_are_read_once_for_many(city: City) -> None:
    for _ in range(5):
        assert (await city.enter("mother")).status_code == 200
    assert city.people.asked == {"discovery": 1, "keys": 1}


@pytest.mark.parametrize("known", [False, True])
async def test_whoever_comes_while_it_is_asked_waits_for_its_answer(
    city: City, clock: FrozenClock, *, known: bool
) -> None:
    """At the first sign-in of all, and when its key is a new one."""
    if known:
        await city.enter("mother")
        clock.at += ASK_AGAIN_AFTER
        city.people.rotate("second", withdraw="first")
    city.people.asked.clear()
    city.people.answers.clear()
    entering = [asyncio.create_task(city.enter("mother")) for _ in range(4)]
    await asyncio.wait(entering, timeout=1, return_when=asyncio.FIRST_COMPLETED)
    city.people.answers.set()
    assert [answer.status_code for answer in await asyncio.gather(*entering)] == [200] * 4
    assert city.people.asked == {"discovery": 1, "keys": 1}


async def test_a_new_one_is_found_when_it_has_signed(city: City, clock: FrozenClock) -> None:
    await city.enter("mother")
    clock.at += ASK_AGAIN_AFTER
    city.people.rotate("second", withdraw="first")
    assert (await city.enter("mother")).status_code == 200


async def test_one_that_was_withdrawn_is_believed_no_longer_than_they_are_kept(city: City, clock: FrozenClock) -> None:
    stolen = city.people.keys["first"]
    await city.enter("mother")
    city.people.rotate("second", withdraw="first")
    assert (await city.exchange(forged(city.people, stolen))).status_code == 200
    clock.at += KEYS_SECONDS + LONGER
    assert await city.refuses(forged(city.people, stolen))


async def test_invented_names_are_no_flood_towards_the_provider(city: City, clock: FrozenClock) -> None:
    await city.enter("mother")
    for n in range(50):
        assert await city.refuses(city.people.sign(city.people.claims("mother", HERE["app"]), kid=f"invented-{n}"))
    assert city.people.asked["keys"] == 1
    clock.at += ASK_AGAIN_AFTER
    for n in range(50):
        assert await city.refuses(city.people.sign(city.people.claims("mother", HERE["app"]), kid=f"invented-{n}"))
    assert city.people.asked["keys"] == 2


@pytest.mark.parametrize(
    "said",
    [
        {"discovery": 500},
        {"discovery": 302},
        {"discovery": b"<html>"},
        {"discovery": b"[]"},
        {"discovery": {"issuer": "https://another.test", "jwks_uri": "https://another.test/keys"}},
        {"discovery": {"issuer": "self", "jwks_uri": "http://another.test/keys"}},
        {"discovery": {"issuer": "self", "jwks_uri": "file:///etc/passwd"}},
        {"discovery": {"issuer": "self"}},
        {"keys": 404},
        {"keys": {"keys": "none"}},
        {"keys": b'{"keys": [' + b" " * 300_000 + b"]}"},
    ],
)
async def test_a_provider_that_does_not_say_what_it_should_signs_nobody_in(city: City, said: dict[str, Any]) -> None:
    document = said.get("discovery")
    if isinstance(document, dict) and document.get("issuer") == "self":
        document["issuer"] = city.people.issuer
    city.people.said = said
    answer = await city.enter("mother")
    assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_while_it_is_away_what_is_known_holds_for_an_hour(city: City, clock: FrozenClock) -> None:
    await city.enter("mother")
    city.people.said = {"discovery": 503}
    clock.at += KEPT_AT_MOST
    assert (await city.enter("mother")).status_code == 200
    clock.at += LONGER
    assert (await city.enter("mother")).status_code == 503
    city.people.said = {}
    clock.at += ASK_AGAIN_AFTER
    assert (await city.enter("mother")).status_code == 200


async def test_its_outage_keeps_nobody_else_out(city: City) -> None:
    city.people.said = {"discovery": 503}
    assert (await city.enter("mother")).status_code == 503
    assert (await city.link("nurse")).status_code == 204
    assert (await city.enter("nurse", client="hospital")).status_code == 200
    assert (await city.world.exchange(await city.world.identify("mother"))).status_code == 200


@pytest.mark.parametrize("change", FOR_SOMETHING_ELSE)
async def test_a_key_that_is_for_something_else_signs_nobody_in(city: City, change: dict[str, str]) -> None:
    [key] = city.people.jwks()["keys"]
    city.people.said = {"keys": {"keys": [{**key, **change}]}}
    assert await city.refuses(await city.people.sign_in("mother", HERE["app"]))


async def test_a_short_key_signs_nobody_in(city: City) -> None:
    city.people.keys["short"] = RSA[1024]
    token = city.people.sign(city.people.claims("mother", HERE["app"]), key=RSA[1024], kid="short")
    assert await city.refuses(token)


async def test_two_keys_of_one_name_are_nobodys(city: City) -> None:
    [key] = city.people.jwks()["keys"]
    city.people.said = {"keys": {"keys": [key, key]}}
    assert await city.refuses(await city.people.sign_in("mother", HERE["app"]))

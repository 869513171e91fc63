"""A statement is believed only if one of our keys signed it, as this type, for us, now (series T)."""

import asyncio
import base64
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from shared.errors import Unavailable
from shared.jose import FetchedKeys, NotTrusted, SigningKey, StaticKeys, check_claims, verify_jws

KEY = SigningKey.generate()
KEYS = StaticKeys(KEY.public_jwk())
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOW = int(AT.timestamp())


async def test_a_statement_says_what_was_signed() -> None:
    assert await verify_jws(KEY.sign({"a": 1}, typ="grant+jwt"), keys=KEYS, typ="grant+jwt") == {"a": 1}


async def test_a_statement_of_another_type_is_refused() -> None:
    with pytest.raises(NotTrusted, match="another type"):
        await verify_jws(KEY.sign({}, typ="at+jwt"), keys=KEYS, typ="grant+jwt")


async def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(NotTrusted, match="not known"):
        await verify_jws(SigningKey.generate().sign({}, typ="x"), keys=KEYS, typ="x")


async def test_a_changed_byte_is_noticed() -> None:
    head, body, signature = KEY.sign({"a": 1}, typ="x").split(".")
    forged = base64.urlsafe_b64encode(orjson.dumps({"a": 2})).decode().rstrip("=")
    with pytest.raises(NotTrusted):
        await verify_jws(f"{head}.{forged}.{signature}", keys=KEYS, typ="x")
    assert body != forged


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "x"},
        {"alg": "HS256", "typ": "x"},
        {"alg": "ES256", "typ": "x", "jku": "https://evil.example/keys"},
        {"alg": "ES256", "typ": "x", "crit": ["exp"], "exp": 1},
        {"alg": "ES256", "typ": "x", "jwk": {}},
        {"alg": "ES256", "typ": "x", "kid": "../../dev/null"},
    ],
    ids=["none", "HS256", "jku", "crit", "jwk", "kid"],
)
async def test_headers_that_choose_their_own_key_are_refused(header: dict[str, Any]) -> None:
    header = {"kid": KEY.kid, **header}
    unsigned = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (orjson.dumps(header), b"{}"))
    with pytest.raises(NotTrusted):
        await verify_jws(unsigned + ".c2ln", keys=KEYS, typ="x")


async def test_a_mac_made_with_the_public_key_is_refused() -> None:
    secret = OctKey.import_key(orjson.dumps(KEY.public_jwk()))
    token = jws.serialize_compact({"alg": "HS256", "typ": "x", "kid": KEY.kid}, b"{}", secret)
    with pytest.raises(NotTrusted):
        await verify_jws(token, keys=KEYS, typ="x")


@pytest.mark.parametrize("token", ["", "a.b", "....", "a" * 10_000, "é.é.é", "a.b.c"])
async def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotTrusted):
        await verify_jws(token, keys=KEYS, typ="x")


CLAIMS = {"iss": "us", "aud": "onevisit", "iat": NOW, "exp": NOW + 600}


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, True),
        ({"exp": NOW - 59}, True),
        ({"exp": NOW - 61}, False),
        ({"nbf": NOW + 59}, True),
        ({"nbf": NOW + 61}, False),
        ({"iss": "them"}, False),
        ({"aud": "others"}, False),
        ({"aud": ["others", "onevisit"]}, True),
        ({"exp": "soon"}, False),
        ({"exp": None}, False),
    ],
)
def test_issuer_audience_and_times_are_checked(change: dict[str, Any], holds: bool) -> None:
    claims = {**CLAIMS, **change}
    if holds:
        check_claims(claims, issuer="us", audiences={"onevisit"}, at=AT)
    else:
        with pytest.raises(NotTrusted):
            check_claims(claims, issuer="us", audiences={"onevisit"}, at=AT)


class Neighbour:
    """A publisher of keys that can be away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    async def keys(self) -> dict[str, Any]:
        self.asked += 1
        if self.away:
            raise Unavailable
        return {"keys": [KEY.public_jwk()]}


async def test_keys_are_fetched_once_for_many_who_need_them() -> None:
    neighbour = Neighbour()
    keys = FetchedKeys(neighbour.keys)
    found = await asyncio.gather(*(keys.find(KEY.kid) for _ in range(20)))
    assert all(found)
    assert neighbour.asked == 1


async def test_invented_key_names_are_no_flood_towards_the_neighbour() -> None:
    neighbour = Neighbour()
    keys = FetchedKeys(neighbour.keys)
    assert [await keys.find(f"invented-{number}") for number in range(20)] == [None] * 20
    assert neighbour.asked == 1


async def test_a_neighbour_that_is_away_is_not_asked_for_every_token() -> None:
    neighbour = Neighbour()
    neighbour.away = True
    keys = FetchedKeys(neighbour.keys)
    for _ in range(20):
        with pytest.raises(Unavailable):
            await keys.find(KEY.kid)
    assert neighbour.asked == 1

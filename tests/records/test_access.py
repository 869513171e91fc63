"""Who may call what: every route of this service, for every kind of caller, as owner and as stranger."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi.routing import APIRoute

from records.accesses.api import router as accesses
from records.filing.api import router as filing
from shared.auth import Caller
from shared.evidence.api import router as evidence
from shared.messaging.api import feed_router
from shared.messaging.topics import Reach
from tests.records.world import CHILD, STRANGER, World
from tests.support.tokens import Headers

RECORD, CORRECTION = "/v1/records/{record}", "/v1/records/{record}/corrections"
FILE, SEARCH, ACCESSES = "/v1/records", "/v1/evidence/search", "/v1/accesses"
EVENTS, HEADS = "/v1/events", "/v1/events/heads"
CALLERS = ("owner", "other department", "narrow department", "party", "service", "app", "ops", "nobody", "forged")

# The status for each caller in the order of CALLERS. An owner's empty body is 422: the guard let them pass.
TABLE: dict[tuple[str, str], tuple[int, ...]] = {
    ("POST", FILE): (422, 422, 403, 403, 403, 403, 403, 401, 401),
    ("GET", RECORD): (200, 404, 403, 403, 403, 403, 403, 401, 401),
    ("POST", CORRECTION): (422, 422, 403, 403, 403, 403, 403, 401, 401),
    ("POST", SEARCH): (422, 422, 403, 403, 422, 403, 403, 401, 401),
    ("GET", ACCESSES): (403, 403, 403, 200, 403, 403, 403, 401, 401),
    ("GET", EVENTS): (422, 422, 403, 403, 403, 403, 403, 401, 401),
    ("GET", HEADS): (422, 422, 403, 403, 403, 403, 403, 401, 401),
}


async def nobody(_: Caller) -> Reach:
    return Reach()


def test_every_route_has_its_row() -> None:
    routers = (accesses, filing, evidence, feed_router("records", nobody))
    routes = [route for router in routers for route in router.routes]
    assert {(m, r.path) for r in routes if isinstance(r, APIRoute) for m in r.methods or ()} == set(TABLE)


def headers_of(world: World, caller: str) -> Headers:
    issuer = world.issuer
    forged = issuer.person(CHILD)["authorization"][:-8] + "AAAAAAAA"
    return {
        "owner": issuer.department("hospital"),
        "other department": issuer.department("tax"),
        "narrow department": issuer.department("hospital", scopes=["cases"]),
        "party": issuer.person(CHILD),
        "service": issuer.service("licensing", audience="records"),
        "app": issuer.app(),
        "ops": issuer.ops("catalogue:publish"),
        "nobody": {},
        "forged": {"authorization": forged},
    }[caller]


@pytest.mark.parametrize(("method", "path"), TABLE, ids=lambda part: part)
async def test_each_caller_gets_what_the_table_says(world: World, method: str, path: str) -> None:
    record: UUID = await world.filed()
    url = path.format(record=record)
    statuses = []
    for caller in CALLERS:
        headers = headers_of(world, caller) | {"idempotency-key": "12345678"}
        content = b"{}" if method == "POST" else None
        answer = await world.http.request(
            method, url, content=content, headers=headers | {"content-type": "application/json"}
        )
        statuses.append(answer.status_code)
    assert tuple(statuses) == TABLE[method, path]


async def test_a_token_for_another_service_opens_nothing(world: World) -> None:
    headers = world.issuer.service("licensing", audience="certificates")
    assert (await world.http.post(SEARCH, json={}, headers=headers)).status_code == 401


async def test_another_partys_accesses_cannot_be_asked_for(world: World) -> None:
    answer = await world.http.get(ACCESSES, params={"party": str(CHILD)}, headers=world.issuer.person(STRANGER))
    assert (answer.status_code, answer.json()["code"]) == (403, "party-not-represented")


AN_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "claims",
    [
        {"lifetime": -AN_HOUR},
        {"iss": "https://elsewhere.test"},
        {"aud": "licensing"},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": 4_000_000_000},
        {"kind": "king"},
        {"kind": None},
        {"sub": "110105189001019999", "kind": "person"},
        {"act": "a-string"},
    ],
    ids=str,
)
async def test_a_token_with_other_claims_is_refused(world: World, claims: dict[str, Any]) -> None:
    usual = {"sub": "department:hospital", "kind": "department", "department": "hospital", "client_id": "hospital"}
    token = world.issuer.token(**(usual | {"scopes": ["records:file"]} | claims))
    await refused(world, f"Bearer {token}")


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"jku": "https://evil.test"}, {"crit": ["x"]}, {"typ": "JWT"}]
)
async def test_a_token_with_another_header_is_refused(world: World, header: dict[str, Any]) -> None:
    head, claims, signature = world.issuer.department("hospital")["authorization"].split(".")
    parsed = orjson.loads(urlsafe_b64decode(head.removeprefix("Bearer ") + "=="))
    changed = urlsafe_b64encode(orjson.dumps(parsed | header)).decode().rstrip("=")
    for signed in (signature, ""):
        await refused(world, f"Bearer {changed}.{claims}.{signed}")


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer a b", "Bearer " + "x" * 10_000, "Bearer ..", "DPoP x"]
)
async def test_what_is_no_bearer_token_is_refused(world: World, value: str) -> None:
    await refused(world, value)


async def refused(world: World, authorization: str) -> None:
    headers = {"authorization": authorization, "idempotency-key": "12345678"}
    answer = await world.http.post(FILE, json={"SECRET": 1}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    assert "SECRET" not in answer.text
    assert await world.is_untouched()

"""Who may call what: every route of this service, for every kind of caller, as owner and as stranger."""

from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from records.accesses.api import router as accesses
from records.filing.api import router as filing
from shared.auth import Caller
from shared.evidence.api import router as evidence
from shared.messaging.api import feed_router
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


async def nobody(_: Caller, __: str) -> bool:
    return False


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
    assert answer.json()["items"] == []

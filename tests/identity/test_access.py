"""Every route x every kind of caller: who is let in, who is told it is not for them, who is nobody."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from identity.app import compose
from identity.service import IdentityService
from identity.settings import IdentitySettings
from shared.auth import Public, Requires
from tests.identity.world import MOTHER_NUMBER, World

NOBODY_ID = "00000000-0000-4000-8000-000000000000"
# The token in it is nobody's: past the guard, the answer is `not-authenticated`.
PRINTING = {
    "party": NOBODY_ID,
    "certificate": NOBODY_ID,
    "issuer": "public-security",
    "region": "330782",
    "seal": {"digest": "sha256:" + "0" * 64, "salt": "0" * 16},
    "token": "none",
}
ADMIN = frozenset({"admin"})
NAME = {"zh": "部门", "en": "Department"}
DEPARTMENT = {"name": NAME, "uscc": "11330000MB9X00074P", "region": "330000"}
OFFICER = {"department": "nobody-here", "name": NAME}
# Route -> body, and which callers get beyond the guard. Everybody else gets 403 `scope-missing`, nobody 401.
ROUTES: dict[tuple[str, str], tuple[dict[str, Any] | None, frozenset[str]]] = {
    ("POST", "/v1/identifications"): ({"method": "id-card", "id_number": MOTHER_NUMBER}, frozenset({"app"})),
    ("POST", "/v1/identifications/{identification}/proof"): ({"response": "x"}, frozenset({"app"})),
    ("GET", "/v1/me/representations"): (None, frozenset({"person"})),
    ("POST", "/v1/parties"): (
        {"kind": "person", "relation": {"kind": "mother", "of": NOBODY_ID}},
        frozenset({"hospital"}),
    ),
    ("POST", "/v1/parties/resolve"): (
        {"parties": [{"id_number": MOTHER_NUMBER}], "purpose": "duty"},
        frozenset({"hospital", "public-security", "medical-insurance"}),
    ),
    ("POST", "/v1/parties/{party}/number"): (
        {"id_number": MOTHER_NUMBER},
        frozenset({"public-security", "medical-insurance"}),
    ),
    ("POST", "/v1/duty-grants"): (
        {"duty": "none", "parties": [NOBODY_ID], "kinds": ["none"]},
        frozenset(),
    ),
    ("GET", "/v1/events"): (None, frozenset({"hospital", "medical-insurance"})),
    ("GET", "/v1/events/heads"): (None, frozenset({"hospital", "medical-insurance"})),
    ("POST", "/v1/subscriptions"): (
        {"name": "access-table", "topics": ["evt.party.*.*.33.07.82"]},
        frozenset({"hospital", "medical-insurance"}),
    ),
    ("GET", "/v1/subscriptions"): (None, frozenset({"hospital", "medical-insurance"})),
    ("GET", "/v1/subscriptions/{name}"): (None, frozenset({"hospital", "medical-insurance"})),
    ("DELETE", "/v1/subscriptions/{name}"): (None, frozenset({"hospital", "medical-insurance"})),
    ("POST", "/v1/clients/{client_id}/revocation"): (None, frozenset({"ops"})),
    ("GET", "/v1/admin/departments"): (None, ADMIN),
    ("GET", "/v1/admin/departments/{code}"): (None, ADMIN),
    ("PUT", "/v1/admin/departments/{code}"): (DEPARTMENT, ADMIN),
    ("POST", "/v1/admin/departments/{code}/retirement"): (None, ADMIN),
    ("PUT", "/v1/admin/departments/{code}/duties/{duty}"): ({"law": NAME}, ADMIN),
    ("DELETE", "/v1/admin/departments/{code}/duties/{duty}"): (None, ADMIN),
    ("GET", "/v1/admin/officers"): (None, ADMIN),
    ("GET", "/v1/admin/officers/{officer}"): (None, ADMIN),
    ("PUT", "/v1/admin/officers/{officer}"): (OFFICER, ADMIN),
    ("POST", "/v1/admin/officers/{officer}/suspension"): (None, ADMIN),
    ("POST", "/v1/admin/officers/{officer}/reinstatement"): (None, ADMIN),
    ("PUT", "/v1/admin/officers/{officer}/login"): ({"issuer": "https://sso.test", "subject": "one"}, ADMIN),
    ("DELETE", "/v1/admin/officers/{officer}/login"): (None, ADMIN),
    ("GET", "/v1/admin/clients"): (None, ADMIN),
    ("GET", "/v1/admin/clients/{client_id}"): (None, ADMIN),
    ("PUT", "/v1/admin/clients/{client_id}"): ({"kind": "app", "scopes": ["identify"]}, ADMIN),
    ("POST", "/v1/admin/clients/{client_id}/keys"): ({"jwk": {}}, ADMIN),
    ("DELETE", "/v1/admin/clients/{client_id}/keys/{kid}"): (None, ADMIN),
    ("GET", "/v1/admin/acts"): (None, ADMIN),
    ("PUT", "/v1/admin/regions"): ({"regions": [{"code": "990000", "name": {"zh": "无"}}]}, ADMIN),
    ("GET", "/internal/revocations"): (None, frozenset({"licensing", "certificates"})),
    ("POST", "/internal/parties/regions"): ({"parties": [NOBODY_ID]}, frozenset({"licensing", "certificates"})),
    ("POST", "/internal/numbers/seals"): ({"parties": [NOBODY_ID]}, frozenset({"certificates"})),
    ("POST", "/internal/numbers/printing"): (PRINTING, frozenset({"certificates"})),
}
PUBLIC = {
    ("GET", "/v1/duties"),
    ("GET", "/v1/regions"),
    ("POST", "/oauth/token"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}
OURS = ["licensing", "certificates"]
CALLERS = ["person", "app", "hospital", "public-security", "medical-insurance", *OURS, "auditor", "ops", "admin"]


def routes_of(app: FastAPI) -> Iterator[tuple[tuple[str, str], RouteContext]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            for method in route.methods or ():
                yield (method, str(route.path_format)), route


def guards_of(route: RouteContext) -> list[Public | Requires]:
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return [call for call in calls if isinstance(call, Public | Requires)]


@pytest.fixture
def app(settings: IdentitySettings) -> FastAPI:
    return compose(IdentityService("identity", settings))


async def header_of(world: World, caller: str) -> dict[str, str]:
    if caller == "person":
        return await world.person("mother")
    return await world.bearer(caller, **({"audience": "identity"} if caller in OURS else {}))


async def call(world: World, route: tuple[str, str], headers: dict[str, str]) -> tuple[int, str | None]:
    method, path = route
    query = "?topic=evt.party.*.*.33.07.82" if path.startswith("/v1/events") else ""
    ids = dict.fromkeys(("identification", "party", "officer"), NOBODY_ID)
    filled = path.format(**ids, **dict.fromkeys(("client_id", "name", "code", "duty", "kid"), "nobody-here"))
    keyed = {**headers, "idempotency-key": "access-table"}
    body = ROUTES[route][0]
    answer = await world.http.request(method, filled + query, json=body, headers=keyed)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_route_is_for_those_in_its_row(world: World, caller: str) -> None:
    headers = await header_of(world, caller)
    for route, (_, allowed) in ROUTES.items():
        status, code = await call(world, route, headers)
        assert status != 500
        assert ((status, code) == (403, "scope-missing")) == (caller not in allowed), route


async def test_without_a_token_one_is_nobody(world: World) -> None:
    for route in ROUTES:
        assert await call(world, route, {}) == (401, "not-authenticated")


async def test_what_is_no_token_is_nobody(world: World) -> None:
    for value in ("Bearer", "Bearer ", "Basic YTpi", "Bearer not-a-token", "Bearer  two", "Bearer " + "x" * 10_240):
        answer = await world.http.get("/v1/me/representations", headers={"authorization": value})
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated"), value


async def test_t18_two_tokens_are_one_too_many(world: World) -> None:
    header = (await world.person("mother"))["authorization"]
    answer = await world.http.get("/v1/me/representations", headers=[("authorization", header)] * 2)
    assert answer.status_code == 400


async def test_every_route_has_a_row(app: FastAPI) -> None:
    known = {route for route, _ in routes_of(app)}
    assert known == PUBLIC | set(ROUTES)


async def test_every_route_has_one_guard_and_the_public_ones_say_so(app: FastAPI) -> None:
    for name, route in routes_of(app):
        [guard] = guards_of(route)
        assert isinstance(guard, Public) == (name in PUBLIC)

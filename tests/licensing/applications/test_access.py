"""Who may call what: every route of applicants, for every kind of caller, owner or stranger."""

from collections.abc import Callable
from typing import Any

import pytest

from licensing.applications.api import router
from shared.ids import new_id
from tests.licensing.applications.factories import MOTHER, STRANGER, YIWU
from tests.licensing.applications.world import World
from tests.support.tokens import Headers

CALLERS: dict[str, Callable[[World], Headers]] = {
    "owner": lambda world: world.person(),
    "owner in another app": lambda world: world.person(MOTHER, app="another"),
    "another person": lambda world: world.person(STRANGER),
    "department": lambda world: world.issuer.department("public-security"),
    "our own service": lambda world: world.issuer.service("records", audience="licensing"),
    "app backend": lambda world: world.issuer.app(),
    "operations": lambda world: world.issuer.ops("catalogue:publish"),
    "nobody": lambda _: {},
}
# The answer to each caller above, in their order.
DRAFT, APPLICATION, OWN = (
    (200, 404, 404, 403, 403, 403, 403, 401),
    (200, 200, 404, 403, 403, 403, 403, 401),
    (200, 200, 200, 403, 403, 403, 403, 401),
)
ROUTES: dict[str, tuple[int, ...]] = {
    "POST /v1/one-identification": (200, 200, 403, 403, 403, 403, 403, 401),
    "GET /v1/drafts/{draft}": DRAFT,
    "PATCH /v1/drafts/{draft}": DRAFT,
    "POST /v1/applications": (201, 404, 404, 403, 403, 403, 403, 401),
    "GET /v1/applications": OWN,
    "GET /v1/applications/{application}": APPLICATION,
    "GET /v1/applications/{application}/progress": APPLICATION,
    "POST /v1/applications/{application}/withdrawal": APPLICATION,
}


def body_of(world: World, route: str, draft: str) -> dict[str, Any] | None:
    """A body that is right for the mother."""
    if "one-identification" in route:
        return {"thing": "social-security-card", "region": YIWU, "representations": world.representations()}
    if route == "POST /v1/applications":
        return {"draft": draft, "answers": {"applicant.delivery-address": "义乌市稠城街道一号"}}
    return None if route.startswith("GET") else {}


@pytest.mark.parametrize("route", ROUTES)
async def test_every_caller_gets_the_answer_of_the_table(world: World, route: str) -> None:
    found: dict[str, int] = {}
    for name, headers in CALLERS.items():
        draft = (await world.draft("social-security-card"))["draft"]
        application = (await world.apply())["id"]
        if route.endswith("progress"):
            await world.withdraw({"id": application})  # so that the stream ends
        method, path = route.format(draft=draft, application=application).split(" ")
        answer = await world.http.request(
            method,
            path,
            json=body_of(world, route, draft),
            headers={**headers(world), "idempotency-key": str(new_id())},
        )
        found[name] = answer.status_code
    assert found == dict(zip(CALLERS, ROUTES[route], strict=True))


async def test_what_is_not_ones_own_looks_like_what_does_not_exist(world: World) -> None:
    draft, application, nothing = (await world.draft())["draft"], (await world.apply())["id"], str(new_id())
    for path in ("/v1/drafts", "/v1/applications"):
        held = draft if path == "/v1/drafts" else application
        answers = [await world.get(f"{path}/{id_}", headers=world.person(STRANGER)) for id_ in (held, nothing)]
        told = [{key: said for key, said in a.json().items() if key != "correlation_id"} for a in answers]
        assert told[0] == told[1]


async def test_the_table_names_every_route() -> None:
    routes = {f"{method} {route.path}" for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert routes == ROUTES.keys()


class TestTheStatement:
    """Whom somebody may act for is identity's word alone (`representation-not-valid`)."""

    async def refused(self, world: World, representations: str) -> None:
        answer = await world.identify(representations=representations)
        assert (answer.status_code, answer.json()["code"]) == (403, "representation-not-valid")
        assert await world.count("drafts") == 0

    async def test_of_another_person_is_refused(self, world: World) -> None:
        await self.refused(world, world.representations(STRANGER))

    async def test_that_is_old_is_refused(self, world: World) -> None:
        await self.refused(world, world.representations(age=361))

    async def test_signed_by_anybody_else_is_refused(self, world: World) -> None:
        await self.refused(world, world.representations(key=world.service.grant_key))

    async def test_of_another_type_is_refused(self, world: World) -> None:
        token = world.person()["authorization"].removeprefix("Bearer ")
        await self.refused(world, token)

    @pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0..", "é.é.é"])
    async def test_that_is_none_is_refused(self, world: World, text: str) -> None:
        await self.refused(world, text)

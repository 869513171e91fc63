"""Every route of licensing, by who calls it. A route without a row here fails."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text

from licensing.app import compose
from licensing.service import LicensingService
from shared.database import Database
from tests.licensing.calendar.notices import notice
from tests.licensing.cases.factories import MOTHER
from tests.licensing.cases.world import HEALTH, World
from tests.support.clock import FrozenClock
from tests.support.tokens import Headers, Issuer

STRANGER = UUID("4b1f6f0e-0c55-4c39-9d3a-5a50a7a8c999")
HANDLER = HEALTH.department or ""

CALLERS: dict[str, Callable[[Issuer], Headers]] = {
    "nobody": lambda _: {},
    "applicant": lambda issuer: issuer.person(MOTHER),
    "stranger": lambda issuer: issuer.person(STRANGER),
    "handler": lambda issuer: issuer.department(HANDLER, region="330000"),
    "other department": lambda issuer: issuer.department("public-security", region="330000"),
    "other region": lambda issuer: issuer.department(HANDLER, region="330100"),
    "without scope": lambda issuer: issuer.department(HANDLER, scopes=["evidence"], region="330000"),
    "certificates": lambda issuer: issuer.service("certificates", audience="licensing"),
    "gateway": lambda issuer: issuer.service("gateway", audience="licensing"),
    "elsewhere": lambda issuer: issuer.service("certificates", audience="records"),
    "app": lambda issuer: issuer.app(),
    "publisher": lambda issuer: issuer.ops("catalogue:publish"),
    "administrator": lambda issuer: issuer.ops("calendar:administer"),
    "master": lambda issuer: issuer.ops("platform:administer"),
}
EVERYBODY = dict.fromkeys(CALLERS, 200)
ELEMENT = "child.birth-date"
NOTICE = {"requirements": [{"element": ELEMENT, "reason": "不符"}], "due_on": "2026-03-06"}
SUSPENSION = {"ground": "hearing", "legal_basis": "行政许可法第四十五条", "expected_days": 5}
EXTENSION = {"days": 5, "reason": "须核查", "approved_by": str(STRANGER)}
REFUSAL = {"reasons": "不属于本机关职权", "remedies": "可申请行政复议"}


def officer(status: int) -> dict[str, int]:
    """Only the department that handles the case, in its region; to others there is no such case."""
    return {"handler": status, "other department": 404, "other region": 404}


def owner(status: int) -> dict[str, int]:
    """Only the applicant; to other people there is no such case."""
    return {"applicant": status, "stranger": 404}


# Who has the right kind of token for what is not theirs, or is not there, learns that it is not there.
NOT_THERE = {"applicant": 404, "stranger": 404}

# route -> (method, body, {caller: status}); who is not named gets 403, and 401 without a token for this service.
# The case is received, so that acts which need another state are refused with 409.
TABLE: dict[str, tuple[str, object, dict[str, int]]] = {
    "list_cases": ("GET", None, {"handler": 200, "other department": 200, "other region": 200}),
    "get_case": ("GET", None, officer(200)),
    "assign_case": ("POST", {"officer": str(STRANGER)}, officer(200)),
    "accept_case": ("POST", None, officer(200)),
    "request_correction_of_case": ("POST", NOTICE, officer(200)),
    "refuse_case": ("POST", REFUSAL, officer(200)),
    "suspend_case": ("POST", SUSPENSION, officer(409)),
    "resume_case": ("POST", None, officer(409)),
    "extend_case": ("POST", EXTENSION, officer(409)),
    "decide_case": ("POST", {"outcome": "granted"}, officer(409)),
    "list_case_notices": ("GET", None, owner(200)),
    "correct_case": ("POST", {"answers": {ELEMENT: "2026-02-26"}}, owner(409)),
    "rate_case": ("POST", {"grade": 1}, owner(409)),
    "get_case_yield": ("GET", None, {"certificates": 404}),
    "put_calendar_year": ("PUT", notice(), {"administrator": 200}),
    "list_calendar_years": ("GET", None, EVERYBODY),
    "get_calendar_year": ("GET", None, dict.fromkeys(CALLERS, 404)),
    "list_things": ("GET", None, EVERYBODY),
    "get_thing": ("GET", None, EVERYBODY),
    "publish_catalogue": ("POST", {"content": {}}, {"publisher": 422}),
    "list_releases": ("GET", None, {"publisher": 200}),
    "restore_release": ("POST", None, {"publisher": 404}),
    "check_catalogue": ("POST", {"content": {"a.yaml": 1}}, {"publisher": 200}),
    "list_content_acts": ("GET", None, {"master": 200}),
    "get_sharing_rules": ("GET", None, {"certificates": 200, "gateway": 200}),
    "get_grant_keys": ("GET", None, EVERYBODY),
    "one_identification": (
        "POST",
        {"thing": "newborn", "region": "330782", "representations": "a.b.c"},
        {"applicant": 403, "stranger": 403},
    ),
    "get_draft": ("GET", None, NOT_THERE),
    "change_draft": ("PATCH", {}, NOT_THERE),
    "submit_application": ("POST", {"draft": str(STRANGER), "answers": {}}, NOT_THERE),
    "list_applications": ("GET", None, {"applicant": 200, "stranger": 200}),
    "get_application": ("GET", None, NOT_THERE),
    "withdraw_application": ("POST", None, NOT_THERE),
    "follow_application": ("GET", None, NOT_THERE),
}
OPERATIONS = {"healthz", "readyz", "metrics"}
# The feed's routes are the same in every publishing service; its policy has tests of its own.
FEED = {"list_events_after", "get_event_heads"}
PARAMETERS = {"{thing}": "newborn", "{code}": "newborn", "{year}": "2027", "{number}": "999"}


@pytest.mark.parametrize("route", TABLE)
async def test_access(
    licensing: LicensingService, http: httpx2.AsyncClient, world: World, issuer: Issuer, route: str
) -> None:
    """A new case for every caller; whoever is refused leaves no trace."""
    licensing.office = world.office  # these cases have no application to end
    method, body, allowed = TABLE[route]
    path = path_of(licensing, route)
    for caller, headers_of in CALLERS.items():
        birth, *_ = await world.open()
        before = await rows(world.database)
        headers = headers_of(issuer) | {"idempotency-key": f"{route}-{caller}".replace(" ", "-")}
        reply = await http.request(method, path.replace("{case}", str(birth.id)), json=body, headers=headers)
        expected = allowed.get(caller, 401 if caller in {"nobody", "elsewhere"} else 403)
        assert (caller, reply.status_code) == (caller, expected), reply.text
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
            assert await rows(world.database) == before


async def test_every_route_has_its_row(licensing: LicensingService) -> None:
    assert set(paths(licensing)) - OPERATIONS - FEED == set(TABLE)


async def rows(database: Database) -> tuple[int, ...]:
    """What a refusal must not add to."""
    statement = text("""
        SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM case_acts),
               (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM timers)
    """)
    async with database.read() as conn:
        return tuple((await conn.execute(statement)).one())


def path_of(licensing: LicensingService, route: str) -> str:
    """Its address, but for the case."""
    path = paths(licensing)[route]
    for parameter, value in PARAMETERS.items():
        path = path.replace(parameter, value)
    return path.replace("{draft}", str(STRANGER)).replace("{application}", str(STRANGER))


def paths(licensing: LicensingService) -> dict[str, str]:
    contexts = iter_route_contexts(compose(licensing).routes)
    return {str(each.name): str(each.path) for each in contexts if isinstance(each.original_route, APIRoute)}


@pytest.fixture
def world(database: Database, clock: FrozenClock) -> World:
    world = World(database, clock)
    assert clock().date() == date(2026, 3, 2)
    return world

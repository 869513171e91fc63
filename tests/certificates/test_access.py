"""Every route of the service, by who calls it. A route without a row here fails."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from certificates.app import compose
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import CHILD, STRANGER, World
from tests.shared.evidence.grants import BIRTH
from tests.support.tokens import Headers

CALLERS: dict[str, Callable[[World], Headers]] = {
    "nobody": lambda _: {},
    "holder": lambda world: world.issuer.person(CHILD),
    "stranger": lambda world: world.issuer.person(STRANGER),
    "issuer": lambda world: world.issuer.department(HEALTH.code, scopes=["certificates:manage", "evidence", "events"]),
    "other": lambda world: world.issuer.department(SECURITY.code, scopes=["certificates:manage", "evidence", "events"]),
    "importer": lambda world: world.issuer.department(HEALTH.code, scopes=["evidence:import"]),
    "clerk": lambda world: world.issuer.department(HEALTH.code, scopes=["cases"]),
    "service": lambda world: world.issuer.service("licensing", audience="certificates"),
    "elsewhere": lambda world: world.issuer.service("licensing", audience="records"),
    "app": lambda world: world.issuer.app(),
    "ops": lambda world: world.issuer.ops("catalogue:publish"),
}
ACT = {"ground": "fraud", "reason": "forged"}
COPY = {"purpose": "opening an account", "valid_until": "2026-03-31"}
SEARCH = {"wants": [{"party": str(CHILD), "kinds": ["birth-medical-certificate"]}], "grant": "none"}

# route -> (method, body, {caller: status}); who is not named gets 403, and 401 without a token for this service.
TABLE: dict[str, tuple[str, object, dict[str, int]]] = {
    "list_certificates": ("GET", None, {"holder": 200, "stranger": 200}),
    "get_certificate": ("GET", None, {"holder": 200, "stranger": 404, "issuer": 200, "other": 404}),
    "get_certificate_document": ("GET", None, {"holder": 200, "stranger": 404, "issuer": 404, "other": 404}),
    # Its issuer needs a grant: tests/certificates/documents/test_issuers.py.
    "get_certificate_pdf": ("GET", None, {"holder": 200, "stranger": 404, "issuer": 403, "other": 404}),
    "withhold_certificate": ("POST", ACT | {"ground": "suspension-penalty"}, {"issuer": 200, "other": 404}),
    "reinstate_certificate": ("POST", ACT | {"ground": "withholding-ended"}, {"issuer": 409, "other": 404}),
    "revoke_certificate": ("POST", ACT, {"issuer": 200, "other": 404}),
    "renew_a_certificate": ("POST", {"reason": "its time"}, {"issuer": 201, "other": 404}),
    "change_a_certificate": ("POST", {"reason": "asked", "claims": {"name": "𠮷宝"}}, {"issuer": 201, "other": 404}),
    "import_evidence": ("POST", b"", {"importer": 200}),
    "get_import": ("GET", None, {"importer": 404}),
    "list_import_rejections": ("GET", None, {"importer": 404}),
    "transfer_a_certificate": ("POST", {"reason": "moved", "to": SECURITY.code}, {"issuer": 200, "other": 404}),
    "call_a_transfer_off": ("POST", {"reason": "stays"}, {"issuer": 409, "other": 404}),
    # What was let go to it, a department may take over: tests/certificates/issuing/test_transferring.py.
    "take_a_certificate_over": ("POST", {"reason": "moved"}, {"issuer": 404, "other": 404}),
    "make_a_copy": ("POST", COPY, {"holder": 201, "stranger": 404}),
    "list_copies": ("GET", None, {"holder": 200, "stranger": 404}),
    "get_copy": ("GET", None, {"holder": 404, "stranger": 404}),
    "get_copy_document": ("GET", None, {"holder": 404, "stranger": 404}),
    "get_copy_pdf": ("GET", None, {"holder": 404, "stranger": 404}),
    "request_a_delivery": ("POST", {"method": "pick-up"}, {"holder": 201, "stranger": 404}),
    "list_deliveries": ("GET", None, {"holder": 200, "stranger": 404}),
    "get_delivery": ("GET", None, {"holder": 404, "stranger": 404}),
    "hand_a_delivery_over": ("POST", None, {"issuer": 404, "other": 404}),
    # Past the door the grant decides, and there is none: `grant-refused`.
    "search_evidence": ("POST", SEARCH, {}),
    "verify_certificate": ("POST", {"number": "1"}, dict.fromkeys(CALLERS, 200)),
    "get_seal_root": ("GET", None, dict.fromkeys(CALLERS, 200)),
    # Past the door the proof decides, and there is none: `key-proof-not-valid`.
    "put_into_wallet": ("POST", {"proof": "x"}, {"holder": 422, "stranger": 404}),
    "make_credential_nonce": ("POST", None, dict.fromkeys(CALLERS, 200)),
    "get_credential_type": ("GET", None, dict.fromkeys(CALLERS, 200)),
    "get_credential_issuer": ("GET", None, dict.fromkeys(CALLERS, 200)),
    "get_status_list": ("GET", None, dict.fromkeys(CALLERS, 200)),
    "get_verification_bundle": ("GET", None, dict.fromkeys(CALLERS, 200)),
}
# What a route needs to know beside its path.
QUERIES = {
    "import_evidence": f"?type=certificate&import={uuid4()}",
    "get_import": "?type=certificate",
    "list_import_rejections": "?type=certificate",
}
OPERATIONS = {"healthz", "readyz", "metrics"}


@pytest.mark.parametrize("route", TABLE)
async def test_access(world: World, route: str) -> None:
    method, body, allowed = TABLE[route]
    template = paths(world)[route]
    for caller, headers_of in CALLERS.items():
        certificate = await world.issued()
        before = len(await world.events())
        headers = headers_of(world) | {"idempotency-key": f"key-{uuid4()}"}
        named = {"certificate": certificate, "import_id": certificate, "number": 0, "kind": BIRTH}
        nobodys = {"copy": uuid4(), "delivery": uuid4()}
        path = template.format(department=HEALTH.code, **named, **nobodys) + QUERIES.get(route, "")
        lines: dict[str, Any] = {"content": body, "headers": headers | {"content-type": "application/x-ndjson"}}
        sent: dict[str, Any] = lines if isinstance(body, bytes) else {"json": body, "headers": headers}
        reply = await world.http.request(method, path, **sent)
        expected = allowed.get(caller, 401 if caller in ("nobody", "elsewhere") else 403)
        assert (caller, reply.status_code) == (caller, expected)
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
            assert len(await world.events()) == before


async def test_every_route_has_its_row(world: World) -> None:
    assert set(paths(world)) - OPERATIONS - FEED == set(TABLE)


def paths(world: World) -> dict[str, str]:
    contexts = iter_route_contexts(compose(world.service).routes)
    return {str(each.name): str(each.path) for each in contexts if isinstance(each.original_route, APIRoute)}


# The feed's routes are the same in every publishing service, and are specified with it.
FEED = {"list_events_after", "get_event_heads"}

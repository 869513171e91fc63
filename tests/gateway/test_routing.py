"""The table: what is reachable, by which spelling, and who answers. And requests as the services get them."""

from functools import reduce

import httpx2
import pytest

from gateway.routing.model import ROUTES, Answer, Route
from gateway.routing.rules import RoutingTable
from tests.gateway.conftest import Platform
from tests.gateway.serving import raw

ID = "0190a2b4-1234-7abc-8def-0123456789ab"
TABLE = RoutingTable(ROUTES)
FORWARDED = [route for route in ROUTES if route.answer is Answer.FORWARDED]


def path_of(route: Route) -> str:
    named = {
        "{id}": ID,
        "{code}": "newborn",
        "{number}": "7",
        "{year}": "2026",
        "{type}": "case.received.v1",
        "{kid}": "Key_1",
    }
    return reduce(lambda path, name: path.replace(name, named[name]), named, route.path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_found_by_its_one_spelling(route: Route) -> None:
    assert TABLE.find(path_of(route).encode())[route.method] is route


def test_nothing_internal_is_in_the_table() -> None:
    assert not [route for route in ROUTES if "internal" in route.path]


@pytest.mark.parametrize("route", FORWARDED, ids=lambda route: f"{route.method} {route.path}")
async def test_a_route_reaches_the_service_that_owns_it(platform: Platform, route: Route) -> None:
    answer = await platform.client.request(route.method, path_of(route))
    assert answer.json() == {"service": route.services[0]}
    assert platform.services[route.services[0]].seen[-1].path == path_of(route)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "//v1/things",
        "/v1//things",
        "/v1/things/",
        "/v1/things;x=1",
        "/v1/things/newborn;x",
        "/V1/things",
        "/v1/Things",
        "/v1/%74hings",
        "/v1%2Fthings",
        "/v1/things/%2e%2e/cases",
        "/v1/things/../cases",
        "/v1/./things",
        "/v1/cases/../../internal/sharing-rules",
        "/internal/sharing-rules",
        f"/internal/cases/{ID}/yield",
        "/internal",
        "/v1/internal/cases",
        "/v0/things",
        f"/v1/cases/{ID.upper()}",
        "/v1/cases/1",
        "/v1/status-lists/01",
        "/v1/status-lists/1000000",
        "/v1/parties/110105189001019999",
        f"/v1/certificates/{ID}/document.pdf/",
        "/v1/things/" + "a" * 600,
        "/v1/things/é",
        "/v1/things/new\tborn",
    ],
)
async def test_another_spelling_or_an_unlisted_path_is_not_found(platform: Platform, path: str) -> None:
    answer = await raw(platform.url, f"GET {path or '/'} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert b"application/problem+json" in answer
    assert platform.seen() == 0


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
async def test_a_method_that_the_path_does_not_know_is_405_with_those_it_knows(platform: Platform, method: str) -> None:
    answer = await platform.client.request(method, "/v1/things", headers={"origin": "https://elsewhere.test"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert "access-control-allow-origin" not in answer.headers
    assert platform.seen() == 0


async def test_a_method_that_is_none_is_refused(platform: Platform) -> None:
    answer = await raw(platform.url, b"FOO /v1/things HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 405"))


async def test_what_a_client_claims_about_its_way_here_is_dropped(platform: Platform) -> None:
    spoofed = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.test",
        "Forwarded": "for=10.0.0.1",
        "X-Original-URL": "/internal/sharing-rules",
        "X-Rewrite-URL": "/internal/sharing-rules",
        "X-HTTP-Method-Override": "DELETE",
        "X-Real-IP": "10.0.0.1",
        "Proxy-Authorization": "Basic x",
        "Cookie": "a=b",
        "TE": "trailers",
        "Range": "bytes=0-0",
        "Accept-Encoding": "gzip",
        "X-Department": "public-security",
    }
    kept = {"accept": "application/json", "accept-language": "zh", "authorization": "Bearer x", "if-none-match": '"1"'}
    await platform.client.get("/v1/things?stage=birth", headers={**spoofed, **kept})
    seen = platform.services["licensing"].seen[0]
    assert seen.query == "stage=birth"
    assert {name for name, _ in seen.headers} == {"host", "x-correlation-id", "traceparent", *kept}


async def test_correlation_and_trace_are_carried_on_and_given_back(platform: Platform) -> None:
    trace = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
    answer = await platform.client.get("/v1/things", headers={"x-correlation-id": "abcd-1234", "traceparent": trace})
    seen = platform.services["licensing"].seen[0]
    assert (seen.header("x-correlation-id"), seen.header("traceparent")) == ("abcd-1234", trace)
    assert answer.headers.get_list("x-correlation-id") == ["abcd-1234"]


async def test_a_correlation_id_that_could_forge_a_log_is_replaced(platform: Platform) -> None:
    answer = await platform.client.get("/v1/things", headers={"x-correlation-id": "${jndi:x} 1"})
    assert answer.headers["x-correlation-id"] != "${jndi:x} 1"


@pytest.mark.parametrize("told", ["330782188808080012", "33078218880808001x", "of-330782188808080012", "13800001234"])
async def test_a_correlation_id_that_is_somebodys_number_reaches_no_log(platform: Platform, told: str) -> None:
    answer = await platform.client.get("/v1/things", headers={"x-correlation-id": told})
    assert answer.headers["x-correlation-id"] != told
    assert platform.services["licensing"].seen[0].header("x-correlation-id") != told


async def test_a_body_goes_through_byte_by_byte(platform: Platform) -> None:
    body = '{"kind": "x",  "名": "值"}'.encode()
    headers = {"content-type": "application/json", "idempotency-key": "12345678"}
    await platform.client.post("/v1/records", content=body, headers=headers)
    seen = platform.services["records"].seen[0]
    assert (seen.body, seen.header("idempotency-key")) == (body, "12345678")


async def test_a_body_on_a_get_is_not_passed_on(platform: Platform) -> None:
    answer = await platform.client.request("GET", "/v1/things", content=b'{"a": 1}')
    assert answer.status_code == 200
    assert platform.services["licensing"].seen[0].body == b""


async def test_every_answer_carries_the_security_headers(platform: Platform) -> None:
    for path in ("/v1/things", "/nowhere"):
        answer: httpx2.Response = await platform.client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers or answer.headers["server"] == "uvicorn"

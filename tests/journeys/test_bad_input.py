"""Every operation of the public API, sent what no honest client sends: a clear refusal, nothing repeated, nothing kept.

The operations come from the platform's own OpenAPI document, so that a new one is held to this from its first day.
"""

import asyncio
from collections.abc import Generator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from deploy import services
from deploy.embedded import ports
from deploy.embedded.home import Home
from tests.journeys.conftest import Platform

CANARY = "330102188808080018"
# Who may call what; whoever is not named here is a department.
CALLERS = {
    "/v1/identifications": "app",
    "/v1/one-identification": "mother",
    "/v1/drafts": "mother",
    "/v1/applications": "mother",
    "/v1/cases/{case}/correction": "mother",
    "/v1/cases/{case}/rating": "mother",
    "/v1/catalogue": "ops",
    "/v1/calendar": "ops",
    "/v1/admin": "ops",
}
MALFORMED = {
    "J1 duplicate keys": (b'{"x":"CANARY","x":1}', {}),
    "J2 depth": (b"[" * 100_000, {}),
    "J4 invalid UTF-8": (b'{"x":"CANARY\xff"}', {}),
    "J4 lone surrogate": (b'{"x":"CANARY\\ud800"}', {}),
    "J5 byte order mark": (b'\xef\xbb\xbf{"x":"CANARY"}', {}),
    "J6 text": (b'{"x":"CANARY"}', {"content-type": "text/plain"}),
    "J10 too large": (b'{"x":"' + b"CANARY" * 200_000 + b'"}', {}),
    "J19 compressed": (b"\x1f\x8b\x08CANARY", {"content-encoding": "gzip"}),
    "D9 NaN": (b'{"x":NaN,"y":"CANARY"}', {}),
    "D9 infinite": (b'{"x":1e400,"y":"CANARY"}', {}),
    "D10 very long integer": (b'{"x":' + b"1" * 10_000 + b',"y":"CANARY"}', {}),
    "I19 NUL": (b'{"x":"CANARY\\u0000"}', {}),
}
INVALID = {
    "J7 unknown field": b'{"department_id":"CANARY","status":"valid","issued_at":"2026-01-01"}',
    "J8 prototype": b'{"__proto__":{"CANARY":1},"$ref":"CANARY"}',
    "J8 operator": b'{"$gt":"CANARY"}',
    "a list": b'["CANARY"]',
    "a string": b'"CANARY"',
    "nothing": b"null",
}


@pytest.fixture(scope="module")
def http(platform: Platform) -> Generator[httpx2.Client]:
    with httpx2.Client(base_url=platform.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def operations(http: httpx2.Client) -> list[tuple[str, str]]:
    """Method and path of every operation that takes JSON."""
    document = http.get("/openapi.json").json()
    found = [
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(found) > 25
    return found


@pytest.fixture(scope="module")
def tokens(platform: Platform) -> dict[str, str]:
    return {name: platform.token(name) for name in ("app", "mother", "ops", "public-security")}


def caller_of(path: str) -> str:
    matching = [prefix for prefix in CALLERS if path.startswith(prefix)]
    return CALLERS[max(matching, key=len)] if matching else "public-security"


def concrete(path: str) -> str:
    named = {"{year}": "2026", "{code}": "nobody", "{duty}": "none", "{client_id}": "nobody"}
    parts = [named.get(part, str(uuid4())) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


async def _rows(platform: Platform) -> dict[str, int]:
    home = Home(platform.directory)
    password, state = home.passwords(["postgres"])["postgres"], home.running()
    kept = {}
    for service in services.WITH_DATABASE:
        url = f"postgresql://postgres:{password}@{ports.LOOPBACK}:{state.postgres_port}/{service}"
        conn = await asyncpg.connect(url)
        tables = await conn.fetch(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND NOT relispartition AND relname NOT IN ('leases', 'relay_state', 'client_assertions')"
        )
        for table in tables:
            name = table["relname"]
            kept[f"{service}.{name}"] = await conn.fetchval(f'SELECT count(*) FROM "{name}"')  # noqa: S608
        await conn.close()
    return kept


def rows(platform: Platform) -> dict[str, int]:
    """How many rows each table has; nothing where nobody may look."""
    return {} if platform.is_elsewhere else asyncio.run(_rows(platform))


def refused(response: httpx2.Response, expected: set[int]) -> None:
    where = f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:200]}"
    assert response.status_code in expected, where
    assert response.headers["content-type"] == "application/problem+json", where
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "code"} <= set(problem), where
    assert CANARY not in response.text, where
    assert "Traceback" not in response.text, where


@pytest.mark.parametrize("case", MALFORMED)
def test_bytes_that_are_not_strict_json_are_refused_everywhere(
    platform: Platform, http: httpx2.Client, operations: list[tuple[str, str]], tokens: dict[str, str], case: str
) -> None:
    template, special = MALFORMED[case]
    body, before = template.replace(b"CANARY", CANARY.encode()), rows(platform)
    for method, path in operations:
        headers = _headers(tokens[caller_of(path)]) | special
        refused(http.request(method, concrete(path), content=body, headers=headers), {400, 413, 415})
    assert rows(platform) == before


@pytest.mark.parametrize("case", INVALID)
def test_json_of_another_shape_is_refused_everywhere(
    platform: Platform, http: httpx2.Client, operations: list[tuple[str, str]], tokens: dict[str, str], case: str
) -> None:
    body, before = INVALID[case].replace(b"CANARY", CANARY.encode()), rows(platform)
    for method, path in operations:
        headers = _headers(tokens[caller_of(path)])
        refused(http.request(method, concrete(path), content=body, headers=headers), {400, 403, 404, 422})
    assert rows(platform) == before


TOKENS = {
    "none": None,
    "T1 alg none": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJtZSJ9.",
    "T3 strange kid": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLy4uL2Rldi9udWxsIn0.eyJzdWIiOiJtZSJ9.AAAA",
    "T17 long": "a" * 7000,
    "no token at all": "hello",
}


@pytest.mark.parametrize("case", TOKENS)
def test_no_operation_but_the_public_ones_answers_without_a_token_of_ours(
    http: httpx2.Client, operations: list[tuple[str, str]], case: str
) -> None:
    token = TOKENS[case]
    headers = {"content-type": "application/json"} if token is None else _headers(token)
    for method, path in operations:
        if path != "/v1/verifications":
            refused(http.request(method, concrete(path), content=b"{}", headers=headers), {401})


def _headers(token: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "idempotency-key": str(uuid4()),
    }

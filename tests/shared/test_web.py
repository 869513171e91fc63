"""Every service faces HTTP alike: strict bodies, guarded routes, one error shape that repeats nothing."""

import time
from collections.abc import AsyncGenerator
from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter
from pydantic import Field

from shared.auth import Caller, public, requires
from shared.jose import SigningKey, StaticKeys
from shared.schemas import Code, Line, Strict
from shared.settings import ServiceSettings
from shared.web import Service, create_service
from tests.support.services import client_of

NUMBER = "330102188808080018"
KEY = SigningKey.generate()
SETTINGS = ServiceSettings(
    issuer="http://gateway",
    identity_url="http://identity",
    licensing_url="http://licensing",
    certificates_url="http://certificates",
    records_url="http://records",
    max_body_bytes=4096,
)
router = APIRouter()


class Note(Strict):
    text: Line
    count: int = 0
    tags: dict[Code, str] = Field(default_factory=dict)


@router.post("/notes")
async def make_note(note: Note, caller: Annotated[Caller, requires("applicant", kinds=["person"], acr=2)]) -> str:
    return f"{caller.party} {note.count}"


@router.get("/failure", dependencies=[public()])
async def fail() -> None:
    raise ValueError(NUMBER)


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    service = Service("notes", SETTINGS, keys=StaticKeys(KEY.public_jwk()))
    app = create_service(service, routers=[router])
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://notes") as client:
        yield client
    await service.close()


def token(**changes: object) -> str:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": "http://gateway",
        "aud": "onevisit",
        "sub": "0b8a7a8e-0000-4000-8000-000000000001",
        "kind": "person",
        "client_id": "app",
        "scope": "applicant",
        "acr": 2,
        "iat": now,
        "exp": now + 600,
    }
    return KEY.sign({**claims, **changes}, typ="at+jwt")


def headers(**changes: object) -> dict[str, str]:
    return {"authorization": f"Bearer {token(**changes)}", "content-type": "application/json"}


async def test_a_good_request_passes(client: httpx2.AsyncClient) -> None:
    response = await client.post("/notes", content=b'{"text":"x","count":2}', headers=headers())
    assert response.status_code == 200
    assert response.json().endswith(" 2")


MALFORMED = {
    "J1 duplicate keys": b'{"text":"x","text":"y"}',
    "J2 deep": b"[" * 4000,
    "J4 invalid UTF-8": b'{"text":"\xff"}',
    "J4 lone surrogate": b'{"text":"\\ud800"}',
    "J5 BOM": b'\xef\xbb\xbf{"text":"x"}',
    "J5 UTF-16": '{"text":"x"}'.encode("utf-16"),
    "D9 NaN": b'{"text":"x","count":NaN}',
    "D9 infinity": b'{"text":"x","count":1e400}',
    "D10 very long integer": b'{"text":"x","count":' + b"1" * 4000 + b"}",
    "I19 NUL": b'{"text":"a\\u0000b"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_body_that_parsers_read_differently_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    response = await client.post("/notes", content=body, headers=headers())
    assert (response.status_code, response.json()["code"]) == (400, "malformed-json")
    assert response.headers["content-type"] == "application/problem+json"


INVALID = {
    "J7 unknown field": b'{"text":"x","role":"admin"}',
    "J8 prototype": b'{"text":"x","__proto__":{}}',
    "a blank": b'{"text":"   "}',
    "a wrong type": b'{"text":{"$gt":""}}',
    "a control character": b'{"text":"a\\u0007b"}',
    "no object": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("body", INVALID.values(), ids=INVALID.keys())
async def test_a_body_of_another_shape_is_refused_with_pointers(client: httpx2.AsyncClient, body: bytes) -> None:
    response = await client.post("/notes", content=body, headers=headers())
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
    assert all({"pointer", "reason"} == set(error) for error in response.json()["errors"])


async def test_a_refusal_repeats_no_value_and_no_invented_name(client: httpx2.AsyncClient) -> None:
    body = b'{"text":"x","count":"330102188808080018","330102188808080026":1}'
    response = await client.post("/notes", content=body, headers=headers())
    assert response.status_code == 422
    assert "33010218880808" not in response.text


async def test_a_refusal_repeats_no_key_of_a_mapping(client: httpx2.AsyncClient) -> None:
    body = b'{"text":"x","tags":{"330102188808080018":"x"}}'
    response = await client.post("/notes", content=body, headers=headers())
    assert response.json()["errors"] == [{"pointer": "/body/tags", "reason": "string pattern mismatch"}]


async def test_a_large_body_is_refused_before_it_is_read(client: httpx2.AsyncClient) -> None:
    response = await client.post("/notes", content=b" " * 5000, headers=headers())
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


async def test_a_large_body_without_length_is_cut(client: httpx2.AsyncClient) -> None:
    async def drip() -> AsyncGenerator[bytes]:
        for _ in range(5000):
            yield b" "

    response = await client.post("/notes", content=drip(), headers=headers())
    assert response.status_code == 413


@pytest.mark.parametrize(
    "extra", [{"content-type": "text/plain"}, {"content-encoding": "gzip"}], ids=["text", "compressed"]
)
async def test_only_plain_json_is_read(client: httpx2.AsyncClient, extra: dict[str, str]) -> None:
    response = await client.post("/notes", content=b'{"text":"x"}', headers={**headers(), **extra})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"aud": "somebody"}, 401, "not-authenticated"),
        ({"iss": "http://evil"}, 401, "not-authenticated"),
        ({"exp": 0}, 401, "not-authenticated"),
        ({"kind": "wizard"}, 401, "not-authenticated"),
        ({"sub": "me"}, 401, "not-authenticated"),
        ({"scope": "cases"}, 403, "scope-missing"),
        ({"kind": "department", "sub": "department:tax"}, 403, "scope-missing"),
        ({"acr": 1}, 403, "assurance-too-low"),
    ],
)
async def test_a_token_opens_only_what_it_is_for(
    client: httpx2.AsyncClient, change: dict[str, object], status: int, code: str
) -> None:
    response = await client.post("/notes", content=b'{"text":"x"}', headers=headers(**change))
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_two_authorization_headers_are_refused(client: httpx2.AsyncClient) -> None:
    pairs = [
        ("authorization", f"Bearer {token()}"),
        ("authorization", "Bearer x"),
        ("content-type", "application/json"),
    ]
    assert (await client.post("/notes", content=b'{"text":"x"}', headers=pairs)).status_code == 400


async def test_a_failure_tells_a_correlation_id_and_nothing_else(client: httpx2.AsyncClient) -> None:
    response = await client.get("/failure")
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert set(response.json()) == {"type", "title", "status", "code", "correlation_id"}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/notes", 405)])
async def test_what_does_not_exist_is_a_problem_document(
    client: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_titles_come_in_the_callers_language(client: httpx2.AsyncClient) -> None:
    chinese = await client.get("/nothing", headers={"accept-language": "zh-CN,en;q=0.5"})
    assert chinese.json()["title"] == "未找到"
    assert (await client.get("/nothing")).json()["title"] == "There is nothing here"


async def test_readiness_is_told_to_who_asks_and_shown_as_a_metric() -> None:
    async def bus() -> str | None:
        return "the bus was not reached yet"

    async def catalogue() -> str | None:
        return None

    async def fails() -> str | None:
        raise ValueError(NUMBER)

    service = Service("metered", SETTINGS, keys=StaticKeys(KEY.public_jwk()))
    app = create_service(service, routers=[], readiness={"bus": bus, "catalogue": catalogue, "odd": fails})
    async with client_of(app, "metered") as client:
        answer = await client.get("/readyz")
        expected = {"bus": "the bus was not reached yet", "odd": "ValueError"}
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "missing": expected})
        shown = (await client.get("/metrics")).text
    for part, value in {"bus": 0.0, "catalogue": 1.0, "odd": 0.0}.items():
        assert f'onevisit_ready{{part="{part}",service="metered"}} {value}' in shown

"""What spans services: evidence of both sources, the draft with its statement, one document of all."""

from typing import Any

import pytest

from gateway.document.own import OWN
from gateway.document.rules import merge_documents
from gateway.merging.evidence import merge_found, wanted_kinds
from gateway.routing.model import ROUTES
from tests.gateway.conftest import OpenPlatform, Platform

SEARCH = {"wants": [{"party": "p", "kinds": ["birth-record", "household-register-page"]}], "grant": "g"}
RECORD = {"kind": "birth-record", "id": "1"}
CERTIFICATE = {"kind": "household-register-page", "id": "2"}


def sources(platform: Platform) -> None:
    records, certificates = platform.services["records"], platform.services["certificates"]
    records.replies["POST", "/v1/evidence/search"] = (200, {"evidence": [RECORD], "unavailable": []})
    certificates.replies["POST", "/v1/evidence/search"] = (200, {"evidence": [CERTIFICATE], "unavailable": []})


async def test_evidence_of_both_sources_is_one_answer(platform: Platform) -> None:
    sources(platform)
    answer = await platform.client.post("/v1/evidence/search", json=SEARCH, headers={"authorization": "Bearer x"})
    assert answer.json() == {"evidence": [CERTIFICATE, RECORD], "unavailable": []}
    for name in ("records", "certificates"):
        seen = platform.services[name].seen[-1]
        assert (seen.json, seen.header("authorization")) == (SEARCH, "Bearer x")


async def test_a_dead_source_leaves_its_kinds_unavailable_and_the_rest_found(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("records",)) as platform:
        sources(platform)
        answer = await platform.client.post("/v1/evidence/search", json=SEARCH)
        assert answer.status_code == 200
        assert answer.json() == {"evidence": [CERTIFICATE], "unavailable": ["birth-record"]}


async def test_a_source_that_fails_is_like_a_dead_one(platform: Platform) -> None:
    sources(platform)
    platform.services["certificates"].replies["POST", "/v1/evidence/search"] = (500, {"code": "internal"})
    answer = await platform.client.post("/v1/evidence/search", json=SEARCH)
    assert answer.json() == {"evidence": [RECORD], "unavailable": ["household-register-page"]}


async def test_with_both_sources_dead_there_is_no_answer(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("records", "certificates")) as platform:
        answer = await platform.client.post("/v1/evidence/search", json=SEARCH)
        assert (answer.status_code, answer.json()["services"]) == (503, ["certificates", "records"])


async def test_a_grant_that_one_source_refuses_is_refused(platform: Platform) -> None:
    sources(platform)
    platform.services["records"].replies["POST", "/v1/evidence/search"] = (403, {"code": "grant-refused"})
    answer = await platform.client.post("/v1/evidence/search", json=SEARCH)
    assert (answer.status_code, answer.json()["code"]) == (403, "grant-refused")


def test_only_what_nobody_showed_is_unavailable() -> None:
    found = merge_found([{"evidence": [RECORD], "unavailable": ["z"]}], wanted=["birth-record", "a"])
    assert found == {"evidence": [RECORD], "unavailable": ["a", "z"]}
    assert wanted_kinds(b'{"wants":[{"kinds":["a"]},{"kinds":["b","a"]}]}') == {"a", "b"}


async def test_a_draft_goes_to_licensing_with_identitys_statement(platform: Platform) -> None:
    platform.services["identity"].replies["GET", "/v1/me/representations"] = (200, {"items": [], "statement": "s.t.m"})
    wish = {"thing": "newborn", "region": "330782"}
    headers = {"authorization": "Bearer x", "idempotency-key": "12345678"}
    await platform.client.post("/v1/one-identification", json=wish, headers=headers)
    asked, drafted = platform.services["identity"].seen[0], platform.services["licensing"].seen[0]
    assert drafted.json == {**wish, "representations": "s.t.m"}
    assert asked.header("authorization") == drafted.header("authorization") == "Bearer x"
    assert asked.header("idempotency-key") is None
    assert drafted.header("idempotency-key") == "12345678"


async def test_without_identity_there_is_no_draft_and_it_is_named(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("identity",)) as platform:
        answer = await platform.client.post("/v1/one-identification", json={"thing": "newborn"})
        assert (answer.status_code, answer.json()["service"]) == (503, "identity")
        assert platform.seen() == 0


async def test_what_identity_refuses_is_refused(platform: Platform) -> None:
    platform.services["identity"].replies["GET", "/v1/me/representations"] = (401, {"code": "not-authenticated"})
    answer = await platform.client.post("/v1/one-identification", json={"thing": "newborn"})
    assert (answer.status_code, answer.json()) == (401, {"code": "not-authenticated"})
    assert not platform.services["licensing"].seen


async def test_a_client_cannot_send_a_statement_of_its_own(platform: Platform) -> None:
    answer = await platform.client.post("/v1/one-identification", json={"thing": "newborn", "representations": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert platform.seen() == 0


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b"{", b"", b'{"a": NaN}', b'{"a":"\\ud800"}', b"[" * 100_000])
async def test_a_draft_from_malformed_json_is_refused_at_the_door(platform: Platform, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await platform.client.post("/v1/one-identification", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")
    assert platform.seen() == 0


def document(*operations: tuple[str, str, str], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for method, path, operation_id in operations:
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}
        paths.setdefault(path, {})[method] = {"operationId": operation_id, "requestBody": {"content": content}}
    return {"paths": paths, "components": {"schemas": schemas or {"Body": {"type": "object"}}}}


def test_one_document_holds_public_operations_only() -> None:
    licensing = document(("get", "/v1/things/{thing}", "read"), ("get", "/internal/sharing-rules", "internal"))
    merged = merge_documents({"licensing": licensing}, ROUTES, server="https://one.test")
    assert merged["paths"].keys() - OWN["paths"].keys() == {"/v1/things/{thing}"}
    assert merged["openapi"] == "3.1.0"
    assert merged["x-missing"] == ["certificates", "identity", "records"]


def test_operation_ids_are_unique_and_schemas_of_one_name_told_apart() -> None:
    documents = {
        "licensing": document(("post", "/v1/applications", "submit")),
        "records": document(
            ("post", "/v1/records", "submit"),
            schemas={"Body": {"properties": {"part": {"$ref": "#/components/schemas/Part"}}}, "Part": {}},
        ),
    }
    merged = merge_documents(documents, ROUTES, server="")
    filed = merged["paths"]["/v1/records"]["post"]
    assert filed["operationId"] == "records_submit"
    assert filed["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/RecordsBody"}
    assert set(merged["components"]["schemas"]) == {"Body", "RecordsBody", "Part"}


def test_a_schema_that_speaks_of_another_thing_under_the_same_words_is_told_apart_everywhere() -> None:
    page = {"properties": {"of": {"$ref": "#/components/schemas/State"}}}
    operations = [("post", "/v1/records", "file"), ("get", "/v1/accesses", "list")]
    documents = {
        "licensing": document(("get", "/v1/cases", "cases"), schemas={"Body": page, "State": {"enum": ["received"]}}),
        "records": document(*operations, schemas={"Body": page, "State": {"enum": ["in-force"]}}),
    }
    merged = merge_documents(documents, ROUTES, server="")
    assert set(merged["components"]["schemas"]) == {"Body", "State", "RecordsBody", "RecordsState"}
    assert merged["components"]["schemas"]["RecordsBody"] == {
        "properties": {"of": {"$ref": "#/components/schemas/RecordsState"}}
    }


def test_the_statement_that_the_door_adds_is_not_in_the_document() -> None:
    body = {"properties": {"thing": {}, "representations": {}}, "required": ["thing", "representations"]}
    licensing = document(("post", "/v1/one-identification", "draft"), schemas={"Body": body})
    merged = merge_documents({"licensing": licensing}, ROUTES, server="")
    assert merged["components"]["schemas"]["Body"] == {"properties": {"thing": {}}, "required": ["thing"]}


async def test_a_service_that_died_stands_in_the_document_as_last_known(platform: Platform) -> None:
    platform.services["licensing"].replies["GET", "/openapi.json"] = (200, document(("get", "/v1/things", "things")))
    assert "/v1/things" in (await platform.client.get("/openapi.json")).json()["paths"]
    platform.services["licensing"].replies["GET", "/openapi.json"] = (503, {})
    answer = await platform.client.get("/openapi.json")
    assert "/v1/things" in answer.json()["paths"]
    page = await platform.client.get("/docs")
    assert "<script" not in page.text
    assert "/v1/things" in page.text

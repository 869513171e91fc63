"""What a department reads before it subscribes: which events there are, their schemas, and the AsyncAPI document."""

from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from tests.gateway.conftest import Platform

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
ISSUED = "/v1/event-types/certificate.issued.v1/schema"


async def test_every_event_that_a_department_can_hear_is_listed_with_its_schema(platform: Platform) -> None:
    items = (await platform.client.get("/v1/event-types")).json()["items"]
    listed = {each["type"]: each for each in items}
    assert [*listed] == sorted(listed)
    assert listed["certificate.issued.v1"] == {
        "type": "certificate.issued.v1",
        "title": {"zh": "证照已签发", "en": "Certificate issued"},
        "description": "By the decision on `case`. `predecessor`: the holder's other, in whose place it stands.",
        "topic": "evt.certificate.issued.{kind}.{province}.{city}.{county}",
        "hearers": "its issuer; departments that a sharing rule entitles to the kind, in the rule's regions",
        "dataschema": "urn:onevisit:event:certificate.issued.v1",
        "schema": ISSUED,
    }
    for name, each in listed.items():
        schema = (await platform.client.get(each["schema"])).json()
        assert schema["$id"] == each["dataschema"]
        golden = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(golden)
    assert platform.seen() == 0


async def test_what_is_internal_is_not_listed(platform: Platform) -> None:
    assert "int." not in (await platform.client.get("/v1/event-types")).text
    assert (await platform.client.get("/v1/event-types/data.accessed.v1/schema")).status_code == 404


@pytest.mark.parametrize("name", ["nothing.happened.v1", "certificate.issued.v2", "certificate.issued.v0", "x", "a.b"])
async def test_an_unknown_type_is_not_found(platform: Platform, name: str) -> None:
    answer = await platform.client.get(f"/v1/event-types/{name}/schema")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1/event-types", ISSUED, "/asyncapi.json"])
async def test_who_knows_it_already_is_sent_nothing(platform: Platform, path: str) -> None:
    whole = await platform.client.get(path)
    assert whole.headers["cache-control"] == "public, max-age=60"
    for known in (whole.headers["etag"], f'W/{whole.headers["etag"]}, "other"', "*"):
        again = await platform.client.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", whole.headers["etag"])
    other = await platform.client.get(path, headers={"if-none-match": '"other"'})
    assert other.content == whole.content


async def test_a_schema_is_a_schema(platform: Platform) -> None:
    answer = await platform.client.get(ISSUED)
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


async def test_the_asyncapi_document_is_the_committed_one(platform: Platform) -> None:
    assert (await platform.client.get("/asyncapi.json")).json() == orjson.loads((DOCS / "asyncapi.json").read_bytes())

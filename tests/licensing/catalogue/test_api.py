"""The catalogue over HTTP: for everybody, for who publishes, and for our own services."""

from typing import Any

import httpx2
import pytest

from licensing.catalogue.load import DATA, read_files
from tests.licensing.catalogue.factories import Content, lawful, spoiled
from tests.support.tokens import Issuer

PUBLISH = "/v1/catalogue/releases"


@pytest.fixture
async def shipped(client: httpx2.AsyncClient, issuer: Issuer) -> httpx2.AsyncClient:
    """The catalogue that ships with licensing is published."""
    content, _ = read_files(DATA)
    answer = await client.post(PUBLISH, json={"content": content}, headers=issuer.ops("catalogue:publish"))
    assert answer.status_code == 201, answer.text
    return client


async def publish(client: httpx2.AsyncClient, issuer: Issuer, content: Content) -> httpx2.Response:
    return await client.post(PUBLISH, json={"content": content}, headers=issuer.ops("catalogue:publish"))


class TestTheList:
    async def test_is_for_everybody_and_in_both_languages(self, shipped: httpx2.AsyncClient) -> None:
        answer = (await shipped.get("/v1/things")).json()

        assert [thing["code"] for thing in answer["items"]] == ["newborn", "social-security-card"]
        assert answer["items"][0]["title"] == {"zh": "出生一件事", "en": "A child is born"}
        assert answer["items"][0]["visits"] == 0

    @pytest.mark.parametrize(
        ("query", "codes"),
        [
            ({"stage": "birth"}, ["newborn"]),
            ({"q": "社会保障卡补领"}, ["social-security-card"]),
            ({"q": "A CHILD"}, ["newborn"]),
            ({"applicant": "organisation"}, []),
        ],
    )
    async def test_can_be_searched(self, shipped: httpx2.AsyncClient, query: dict[str, str], codes: list[str]) -> None:
        answer = (await shipped.get("/v1/things", params=query)).json()

        assert [thing["code"] for thing in answer["items"]] == codes

    async def test_comes_in_pages(self, shipped: httpx2.AsyncClient) -> None:
        first = (await shipped.get("/v1/things", params={"limit": 1})).json()
        second = (await shipped.get("/v1/things", params={"limit": 1, "after": first["next"]})).json()

        assert [thing["code"] for thing in second["items"]] == ["social-security-card"]
        assert second.get("next") is None

    async def test_refuses_a_cursor_that_it_did_not_give(self, shipped: httpx2.AsyncClient) -> None:
        answer = await shipped.get("/v1/things", params={"after": "nonsense"})

        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-not-valid")

    async def test_is_unavailable_before_anything_was_published(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/v1/things")

        assert (answer.status_code, answer.json()["code"]) == (503, "catalogue-not-published")


class TestTheGuide:
    async def test_tells_visits_days_questions_and_law_before_anyone_applies(self, shipped: httpx2.AsyncClient) -> None:
        guide = (await shipped.get("/v1/things/newborn", params={"region": "330782"})).json()

        assert (guide["visits"], guide["days"]) == (0, {"promised": 7, "legal": 55})
        assert [question["default"] for question in guide["questions"]] == ["no"]
        assert guide["law"][0] == {
            "zh": "《中华人民共和国母婴保健法》第二十三条",
            "en": "Law on Maternal and Infant Health Care, Art 23",
        }

    async def test_tells_what_will_be_asked_and_why(self, shipped: httpx2.AsyncClient) -> None:
        guide = (await shipped.get("/v1/things/newborn")).json()

        assert [asked["element"] for asked in guide["asked"]] == [
            "child.name",
            "child.household-parent",
            "applicant.bank-account",
            "applicant.delivery-address",
        ]
        assert all(asked["why"]["zh"] and asked["why"]["en"] for asked in guide["asked"])

    async def test_tells_who_holds_or_yields_each_material(self, shipped: httpx2.AsyncClient) -> None:
        guide = (await shipped.get("/v1/things/newborn")).json()

        assert {m["evidence_kind"]: m["held_by"] or m["from_item"] for m in guide["materials"]} == {
            "birth-record": "hospital",
            "birth-medical-certificate": "birth-medical-certificate",
            "marriage-registration": "civil-affairs",
            "household-register-page": "household-registration",
        }

    async def test_tells_the_order_of_the_items_and_when_each_is_done(self, shipped: httpx2.AsyncClient) -> None:
        guide = (await shipped.get("/v1/things/newborn")).json()
        items: dict[str, Any] = {item["item"]: item for item in guide["items"]}

        assert items["social-security-card"]["waits_for"] == ["household-registration"]
        assert items["maternity-benefit"]["when"] == {"claim-maternity-benefit": "yes"}
        assert len(items["household-registration"]["guide"]["item_code"]) == 31

    async def test_is_not_sent_again_to_who_has_it(self, shipped: httpx2.AsyncClient) -> None:
        etag = (await shipped.get("/v1/things/newborn")).headers["etag"]

        again = await shipped.get("/v1/things/newborn", headers={"If-None-Match": etag})

        assert (again.status_code, again.content) == (304, b"")

    async def test_is_new_after_a_publication(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        await publish(client, issuer, lawful())
        before = (await client.get("/v1/things/newborn")).headers["etag"]
        await publish(client, issuer, spoiled("things/newborn.yaml title", {"zh": "新", "en": "new"}))

        after = await client.get("/v1/things/newborn", headers={"If-None-Match": before})

        assert (after.status_code, after.json()["title"]["en"]) == (200, "new")

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/v1/things/funeral", 404, "thing-not-found"),
            ("/v1/things/newborn?region=440100", 409, "thing-not-offered-in-region"),
            ("/v1/things/newborn?region=33078", 422, "invalid-request"),
            ("/v1/things/New%20Born", 422, "invalid-request"),
            ("/v1/things?limit=0", 422, "invalid-request"),
        ],
    )
    async def test_is_refused_with_a_stable_code(
        self, shipped: httpx2.AsyncClient, path: str, status: int, code: str
    ) -> None:
        answer = await shipped.get(path)

        assert (answer.status_code, answer.json()["code"]) == (status, code)


class TestPublication:
    async def test_tells_number_and_digest_and_is_idempotent(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        first, second = await publish(client, issuer, lawful()), await publish(client, issuer, lawful())

        assert first.status_code == 201
        assert first.json() == second.json()
        assert (first.json()["number"], first.json()["digest"][:7]) == (1, "sha256:")

    async def test_refuses_with_every_finding(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        answer = await publish(client, issuer, spoiled("items/card.yaml guide contact", "12345"))

        assert (answer.status_code, answer.json()["code"]) == (422, "catalogue-refused")
        assert answer.json()["findings"] == [
            {
                "file": "items/card.yaml",
                "item": "card",
                "code": "supervision-is-contact",
                "cause": "the phone for complaints is the phone of those complained about (Q8)",
            }
        ]

    async def test_is_for_those_with_the_scope_alone(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        body = {"content": lawful()}

        assert (await client.post(PUBLISH, json=body)).status_code == 401
        assert (await client.post(PUBLISH, json=body, headers=issuer.department("tax"))).status_code == 403
        assert (await client.get("/v1/things")).status_code == 503

    @pytest.mark.parametrize("body", [{}, {"content": {}}, {"content": []}, {"content": {"a": 1}, "force": True}])
    async def test_refuses_a_body_of_another_shape(
        self, client: httpx2.AsyncClient, issuer: Issuer, body: object
    ) -> None:
        answer = await client.post(PUBLISH, json=body, headers=issuer.ops("catalogue:publish"))

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


class TestSharingRules:
    async def test_name_one_reader_each_with_kinds_and_vocabulary(
        self, shipped: httpx2.AsyncClient, issuer: Issuer
    ) -> None:
        headers = issuer.service("records", audience="licensing")
        answer = (await shipped.get("/internal/sharing-rules", headers=headers)).json()

        assert answer["release"] == 1
        assert {
            "item": "resident-medical-insurance",
            "reader": "medical-insurance",
            "kind": "household-register-page",
            "attributes": ["name", "sex", "birth-date", "household-address"],
            "regions": ["330000"],
        } in answer["rules"]
        assert {kind["code"] for kind in answer["kinds"]} >= {rule["kind"] for rule in answer["rules"]}
        assert answer["vocabulary"]["sex"] == {"type": "string", "enum": ["female", "male"]}

    async def test_are_for_our_own_services_alone(self, shipped: httpx2.AsyncClient, issuer: Issuer) -> None:
        assert (await shipped.get("/internal/sharing-rules")).status_code == 401
        assert (await shipped.get("/internal/sharing-rules", headers=issuer.department("tax"))).status_code == 403


class TestReleases:
    async def test_are_listed_from_the_current_one_on(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        publisher = issuer.ops("catalogue:publish")
        await publish(client, issuer, lawful())
        await publish(client, issuer, spoiled("things/newborn.yaml title en", "a birth"))
        back = await client.post(f"{PUBLISH}/1/restoration", headers=publisher)
        assert (back.status_code, back.json()["number"]) == (201, 3)
        first = (await client.get(PUBLISH, params={"limit": 2}, headers=publisher)).json()
        rest = (await client.get(PUBLISH, params={"limit": 2, "after": first["next"]}, headers=publisher)).json()
        listed = [(each["number"], each["restores"], each["published_by"]) for each in first["items"] + rest["items"]]
        assert listed == [(3, 1, "ops:ops"), (2, None, "ops:ops"), (1, None, "ops:ops")]

    async def test_are_current_again_at_once(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        await publish(client, issuer, lawful())
        before = (await client.get("/v1/things/newborn")).json()["title"]
        await publish(client, issuer, spoiled("things/newborn.yaml title en", "a birth"))
        await client.post(f"{PUBLISH}/1/restoration", headers=issuer.ops("catalogue:publish"))
        assert (await client.get("/v1/things/newborn")).json()["title"] == before

    async def test_are_checked_without_being_published(self, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        publisher = issuer.ops("catalogue:publish")
        answer = await client.post("/v1/catalogue/checks", json={"content": lawful()}, headers=publisher)
        assert answer.json() == {
            "release": None,
            "findings": [],
            "changes": [{"thing": "newborn", "change": "added"}],
        }
        assert (await client.get("/v1/things")).status_code == 503

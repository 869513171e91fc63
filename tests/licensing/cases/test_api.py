"""Cases over HTTP: the worklist, the file with its grant and suggestions, acts, and what bad input gets."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest

from licensing.service import LicensingService
from shared.contracts.evidence import GRANT_TYPE, Grant
from shared.contracts.yields import CaseYield, yields_digest
from shared.ids import new_id
from shared.jose import StaticKeys, verify_jws
from tests.licensing.cases import factories
from tests.licensing.cases.factories import CHILD, MOTHER
from tests.licensing.cases.world import CERTIFICATE, OFFICER, World
from tests.support.tokens import Headers, Issuer

Act = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def health(issuer: Issuer, world: World) -> Headers:
    return issuer.department("health-commission", region="330000", officer=OFFICER)


@pytest.fixture
def mother(issuer: Issuer, world: World) -> Headers:
    return issuer.person(MOTHER)


@pytest.fixture(autouse=True)
def office(licensing: LicensingService, world: World) -> None:
    """Cases of these tests have no application to end."""
    licensing.office = world.office


@pytest.fixture
def act(http: httpx2.AsyncClient, health: Headers) -> Act:
    async def post(case: UUID, name: str, body: object = None, **headers: str) -> httpx2.Response:
        return await http.post(f"/v1/cases/{case}/{name}", json=body, headers=health | headers)

    return post


def key() -> dict[str, str]:
    return {"idempotency-key": str(new_id())}


class TestWorklist:
    async def test_shows_what_is_the_departments_oldest_first_in_pages(
        self, http: httpx2.AsyncClient, world: World, health: Headers
    ) -> None:
        opened = []
        for _ in range(5):
            opened.append((await world.open())[0].id)
            world.later(seconds=1)
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            query = {"limit": "2", **({"after": after} if after else {})}
            page = (await http.get("/v1/cases", params=query, headers=health)).json()
            assert len(page["items"]) <= 2
            seen += [line["id"] for line in page["items"]]
            after = page["next"]
        assert seen == [str(id_) for id_ in opened]

    async def test_is_filtered_by_state_and_item(self, http: httpx2.AsyncClient, world: World, health: Headers) -> None:
        first, second = (await world.open())[0], (await world.open())[0]
        await world.accept(second.id)
        page = (await http.get("/v1/cases", params={"state": "accepted"}, headers=health)).json()
        assert [line["id"] for line in page["items"]] == [str(second.id)]
        assert page["items"][0]["promised_on"] == "2026-03-05"
        none = (await http.get("/v1/cases", params={"item": "maternity-benefit"}, headers=health)).json()
        assert none == {"items": [], "next": None}
        assert first.id != second.id

    @pytest.mark.parametrize(
        "query",
        [{"state": "lost"}, {"item": "No Code"}, {"limit": "0"}, {"limit": "101"}, {"after": "!!"}, {"after": "MQ"}],
    )
    async def test_refuses_what_it_cannot_read(
        self, http: httpx2.AsyncClient, health: Headers, query: dict[str, str]
    ) -> None:
        reply = await http.get("/v1/cases", params=query, headers=health)
        assert reply.status_code == 422
        assert "lost" not in reply.text

    async def test_a_county_sees_its_own_county(self, http: httpx2.AsyncClient, world: World, issuer: Issuer) -> None:
        await world.open()
        for region, count in {"330782": 1, "330700": 1, "330783": 0, "110000": 0}.items():
            headers = issuer.department("health-commission", region=region)
            assert len((await http.get("/v1/cases", headers=headers)).json()["items"]) == count

    async def test_without_an_officer_nothing_is_shown(self, http: httpx2.AsyncClient, issuer: Issuer) -> None:
        token = issuer.token(
            sub="department:health-commission",
            kind="department",
            scopes=["cases"],
            client_id="health-commission",
            department="health-commission",
            region="330000",
        )
        reply = await http.get("/v1/cases", headers={"authorization": f"Bearer {token}"})
        assert (reply.status_code, reply.json()["code"]) == (403, "officer-not-named")


class TestFile:
    async def test_shows_fields_with_sources_answers_and_what_it_suggests(
        self, http: httpx2.AsyncClient, world: World, health: Headers
    ) -> None:
        birth, *_ = await world.open()
        file = (await http.get(f"/v1/cases/{birth.id}", headers=health)).json()
        assert file["fields"][0]["element"] == "child.birth-date"
        assert file["fields"][0]["source"]["issuer"] == "hospital"
        assert file["answers"] == {"child.name": "王小满"}
        (suggestion,) = file["suggested_claims"]
        assert suggestion["claims"] == {"name": "王小满", "birth-date": "2026-02-27", "mother-name": "王示范"}
        assert suggestion["missing"] == []
        assert file["acts"][0] | {"at": None} == {
            "act": "receive",
            "state": "received",
            "by_kind": "applicant",
            "by": str(MOTHER),
            "at": None,
            "details": {},
        }

    async def test_says_what_it_waits_for_and_gives_no_grant_before_it_is_received(
        self, http: httpx2.AsyncClient, world: World, issuer: Issuer
    ) -> None:
        _, registration, *_ = await world.open()
        police = issuer.department("public-security", region="330000")
        file = (await http.get(f"/v1/cases/{registration.id}", headers=police)).json()
        assert file["waits_for"] == [{"kind": CERTIFICATE, "party": str(CHILD), "met_by": None}]
        assert file["grant"] is None
        assert file["suggested_claims"][0]["missing"] == ["birth-date", "number"]

    async def test_carries_a_grant_that_sources_can_verify(
        self, http: httpx2.AsyncClient, world: World, health: Headers
    ) -> None:
        birth, *_ = await world.open()
        token = (await http.get(f"/v1/cases/{birth.id}", headers=health)).json()["grant"]
        jwks = (await http.get("/.well-known/jwks.json")).json()
        grant = Grant.model_validate(await verify_jws(token, keys=StaticKeys(*jwks["keys"]), typ=GRANT_TYPE))
        assert (grant.iss, grant.sub, grant.purpose, grant.ref) == (
            "licensing",
            "health-commission",
            "case",
            birth.id,
        )
        assert grant.parties == factories.birth_certificate().grant_parties
        assert grant.officer == str(OFFICER)
        assert grant.exp - grant.iat == 24 * 3600

    async def test_reading_it_is_on_record_for_the_people_concerned(
        self, http: httpx2.AsyncClient, world: World, health: Headers
    ) -> None:
        birth, *_ = await world.open()
        await http.get(f"/v1/cases/{birth.id}", headers=health)
        (access,) = await world.accesses()
        assert (access["reader"], access["officer"], access["ref"]) == (
            "health-commission",
            str(OFFICER),
            str(birth.id),
        )
        assert {read["party"]: read["attributes"] for read in access["accessed"]} == {
            str(CHILD): ["birth-date"],
            str(MOTHER): ["name"],
        }

    async def test_a_decided_case_has_no_grant(self, http: httpx2.AsyncClient, world: World, health: Headers) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        assert (await http.get(f"/v1/cases/{birth.id}", headers=health)).json()["grant"] is None


class TestActs:
    async def test_a_case_goes_from_receipt_to_decision(self, world: World, act: Act) -> None:
        birth, *_ = await world.open()
        assert (await act(birth.id, "acceptance")).json()["promised_on"] == "2026-03-05"
        body = {"ground": "hearing", "legal_basis": "行政许可法第四十五条", "expected_days": 5}
        assert (await act(birth.id, "suspension", body)).json()["state"] == "suspended"
        assert (await act(birth.id, "resumption")).json()["state"] == "accepted"
        body = {"days": 10, "reason": "须核查", "approved_by": str(new_id())}
        assert (await act(birth.id, "extension", body)).json()["legal_on"] == "2026-04-14"
        decided = await act(birth.id, "decision", {"outcome": "granted"}, **key())
        assert (decided.json()["state"], decided.json()["outcome"]) == ("decided", "granted")

    async def test_a_correction_goes_to_the_applicant_and_back(
        self, http: httpx2.AsyncClient, world: World, act: Act, mother: Headers
    ) -> None:
        birth, *_ = await world.open()
        notice = {"requirements": [{"element": "child.birth-date", "reason": "不符"}], "due_on": "2026-03-06"}
        assert (await act(birth.id, "correction-notice", notice)).json()["state"] == "correction-requested"
        answers = {"answers": {"child.birth-date": "2026-02-26"}}
        reply = await http.post(f"/v1/cases/{birth.id}/correction", json=answers, headers=mother)
        assert reply.json() == {"id": str(birth.id), "number": birth.number, "state": "received", "version": 3}
        again = await act(birth.id, "correction-notice", notice)
        assert (again.status_code, again.json()["code"]) == (409, "correction-already-requested")

    async def test_a_denial_is_rated_by_the_applicant_once(
        self, http: httpx2.AsyncClient, world: World, act: Act, mother: Headers
    ) -> None:
        birth, *_ = await world.open()
        await act(birth.id, "acceptance")
        denial = {"outcome": "denied", "reasons": "出生信息不符", "remedies": "可申请行政复议"}
        assert (await act(birth.id, "decision", denial, **key())).json()["state"] == "concluded"
        rating = {"grade": 2, "comment": "办理很快"}
        first = await http.post(f"/v1/cases/{birth.id}/rating", json=rating, headers=mother)
        second = await http.post(f"/v1/cases/{birth.id}/rating", json=rating, headers=mother)
        assert (first.status_code, second.status_code) == (200, 409)
        assert second.json()["code"] == "already-rated"

    async def test_an_act_that_the_state_does_not_allow_says_what_it_allows(self, world: World, act: Act) -> None:
        birth, *_ = await world.open()
        reply = await act(birth.id, "resumption")
        assert (reply.status_code, reply.json()["code"]) == (409, "act-not-possible")
        assert reply.json()["possible"] == ["assign", "accept", "request-correction", "refuse", "withdraw"]

    async def test_an_acceptance_sent_again_with_its_key_is_made_once(self, world: World, act: Act) -> None:
        birth, *_ = await world.open()
        same = key()
        replies = await asyncio.gather(*(act(birth.id, "acceptance", **same) for _ in range(8)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.text for reply in replies}) == 1
        assert (await world.events(birth.id)).count("case.accepted") == 1

    async def test_an_acceptance_that_was_decided_meanwhile_answers_with_what_the_case_is_now(
        self, world: World, act: Act
    ) -> None:
        birth, *_ = await world.open()
        same = key()
        await act(birth.id, "acceptance", **same)
        await act(birth.id, "decision", {"outcome": "granted"}, **key())
        again = await act(birth.id, "acceptance", **same)
        assert (again.status_code, again.json()["state"]) == (200, "decided")

    async def test_an_acceptance_under_another_key_or_of_another_officer_is_an_act_of_its_own(
        self, http: httpx2.AsyncClient, world: World, act: Act, issuer: Issuer
    ) -> None:
        birth, *_ = await world.open()
        same = key()
        await act(birth.id, "acceptance", **same)
        colleague = issuer.department("health-commission", region="330000", officer=new_id())
        theirs = await http.post(f"/v1/cases/{birth.id}/acceptance", headers=colleague | same)
        for reply in (theirs, await act(birth.id, "acceptance", **key()), await act(birth.id, "acceptance")):
            assert (reply.status_code, reply.json()["code"]) == (409, "act-not-possible")

    async def test_a_decision_sent_again_with_its_key_is_made_once(self, world: World, act: Act) -> None:
        birth, *_ = await world.open()
        await act(birth.id, "acceptance")
        same = key()
        replies = await asyncio.gather(*(act(birth.id, "decision", {"outcome": "granted"}, **same) for _ in range(8)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.text for reply in replies}) == 1
        assert (await world.events(birth.id)).count("case.decided") == 1

    async def test_a_key_used_for_another_decision_is_refused(self, world: World, act: Act) -> None:
        birth, *_ = await world.open()
        await act(birth.id, "acceptance")
        same = key()
        await act(birth.id, "decision", {"outcome": "granted"}, **same)
        other = {"outcome": "denied", "reasons": "不符", "remedies": "可申请行政复议"}
        reply = await act(birth.id, "decision", other, **same)
        assert (reply.status_code, reply.json()["code"]) == (422, "idempotency-key-reused")

    async def test_a_decision_without_a_key_is_refused(self, world: World, act: Act) -> None:
        birth, *_ = await world.open()
        assert (await act(birth.id, "decision", {"outcome": "granted"})).status_code == 422

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("assignment", {"officer": "nobody"}),
            ("assignment", {"officer": str(OFFICER), "state": "accepted"}),
            ("correction-notice", {"requirements": [], "due_on": "2026-03-06"}),
            ("correction-notice", {"requirements": [{"element": "a.b", "reason": " "}], "due_on": "2026-03-06"}),
            ("correction-notice", {"requirements": [{"element": "a.b", "reason": "x"}], "due_on": "2026-02-30"}),
            ("correction-notice", {"requirements": [{"element": "a.b", "reason": "x"}], "due_on": "9999-12-31"}),
            ("correction-notice", {"requirements": [{"element": "a.b", "reason": "x"}], "due_on": 1796083200}),
            ("suspension", {"ground": "holiday", "legal_basis": "x", "expected_days": 5}),
            ("suspension", {"ground": "hearing", "legal_basis": "", "expected_days": 5}),
            ("suspension", {"ground": "hearing", "legal_basis": "x", "expected_days": 0}),
            ("extension", {"days": 11, "reason": "x", "approved_by": str(OFFICER)}),
            ("extension", {"days": 5, "reason": "x\u0000", "approved_by": str(OFFICER)}),
            ("refusal", {"reasons": "x"}),
            ("decision", {"outcome": "perhaps"}),
            ("decision", {"outcome": "granted", "claims": [{"index": -1, "claims": {}}]}),
        ],
    )
    async def test_bad_input_is_refused_and_changes_nothing(
        self, world: World, act: Act, name: str, body: dict[str, Any]
    ) -> None:
        birth, *_ = await world.open()
        reply = await act(birth.id, name, body, **key())
        assert reply.status_code in {400, 422}
        assert (await world.case(birth.id)).version == 1

    async def test_a_path_that_is_no_id_is_refused(self, act: Act) -> None:
        reply = await act("1 OR 1=1", "acceptance")
        assert reply.status_code == 422
        assert "OR 1=1" not in reply.text


class TestNotices:
    async def test_the_applicant_reads_what_is_asked_and_why(
        self, http: httpx2.AsyncClient, world: World, act: Act, mother: Headers
    ) -> None:
        birth, *_ = await world.open()
        notice = {"requirements": [{"element": "child.birth-date", "reason": "不符"}], "due_on": "2026-03-06"}
        await act(birth.id, "correction-notice", notice)
        (told,) = (await http.get(f"/v1/cases/{birth.id}/notices", headers=mother)).json()["items"]
        assert (told["act"], told["department"], told["details"]) == ("request-correction", "health-commission", notice)

    async def test_a_denial_comes_with_reasons_and_remedies_and_without_the_officer(
        self, http: httpx2.AsyncClient, world: World, mother: Headers
    ) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.deny(birth.id)
        reply = await http.get(f"/v1/cases/{birth.id}/notices", headers=mother)
        (told,) = reply.json()["items"]
        assert told["details"] == {
            "outcome": "denied",
            "reasons": "出生信息与医院记录不符",
            "remedies": "可在六十日内申请行政复议",
        }
        assert str(OFFICER) not in reply.text


class TestYield:
    async def test_what_was_decided_is_fetched_with_its_digest(
        self, http: httpx2.AsyncClient, world: World, issuer: Issuer
    ) -> None:
        birth, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        service = issuer.service("certificates", audience="licensing")
        reply = await http.get(f"/internal/cases/{birth.id}/yield", headers=service)
        result = CaseYield.model_validate_json(reply.content)
        assert result.digest == yields_digest(result.yields)
        assert result.digest == (await world.recorded(birth.id))[-1]["data"]["digest"]
        assert result.yields[0].claims["name"] == "王小满"

    async def test_what_is_not_decided_has_none(self, http: httpx2.AsyncClient, world: World, issuer: Issuer) -> None:
        birth, *_ = await world.open()
        service = issuer.service("records", audience="licensing")
        reply = await http.get(f"/internal/cases/{birth.id}/yield", headers=service)
        assert (reply.status_code, reply.json()["code"]) == (404, "case-not-decided")

"""Standing duties: published to everybody; on one's own a department gets a grant for what it covers, and no more."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from identity.bootstrap import Document, load
from identity.duties.model import Duty, Known
from identity.duties.rules import refusal
from shared.contracts.evidence import GRANT_TYPE, Grant
from shared.evidence.grants import GrantVerifier
from shared.evidence.rules import refusal as refused_by_a_source
from shared.jose import peek_header
from shared.schemas import Text
from tests.identity.world import EVENTS, MOTHER_NUMBER, OFFICERS, World, document
from tests.support.statements import statements_of

PAGE, IDENTITY = "household-register-page", "resident-identity"
LAW = {"zh": "《中华人民共和国社会保险法》第二十五条", "en": "Social Insurance Law, Art 25"}
INSURANCE = {
    "code": "resident-enrolment",
    "basis_zh": LAW["zh"],
    "basis_en": LAW["en"],
    "item": "resident-medical-insurance",
    "kinds": [PAGE, IDENTITY],
}
LOOK_UP = {"code": "births", "basis_zh": "某法", "basis_en": "Some law"}


@pytest.fixture
async def insurer(world: World) -> World:
    """Medical insurance may ask for grants, on one duty to read evidence and one to look people up."""
    wanted = document()
    department = next(each for each in wanted["departments"] if each["code"] == "medical-insurance")
    department["duties"] = [INSURANCE, LOOK_UP]
    client = next(each for each in wanted["clients"] if each["client_id"] == "medical-insurance")
    client["scopes"] = [*client["scopes"], "evidence"]
    async with world.service.database.transaction() as conn:
        await load(wanted, conn, world.service.vault, world.service.clock())
    return world


async def ask(
    world: World, *parties: UUID | str, headers: dict[str, str] | None = None, **changes: Any
) -> httpx2.Response:
    asked = [str(party) for party in parties or (world.people["mother"],)]
    body = {"duty": INSURANCE["code"], "parties": asked, "kinds": [PAGE], **changes}
    headers = headers or await world.bearer("medical-insurance")
    return await world.http.post("/v1/duty-grants", json=body, headers=headers)


async def opened(world: World, answer: httpx2.Response) -> Grant:
    """The grant as a source reads it."""
    assert answer.status_code == 201, answer.text
    return await GrantVerifier({"identity": world.service.keyring}).open(answer.json()["grant"])


class TestPublished:
    async def test_everybody_can_read_which_law_lets_whom_read_what_about_whom(self, insurer: World) -> None:
        answer = await insurer.http.get("/v1/duties")
        published = {duty["code"]: duty for duty in answer.json()["items"] if duty["department"] == "medical-insurance"}
        assert published["resident-enrolment"] == {
            "code": "resident-enrolment",
            "department": "medical-insurance",
            "department_name": {"zh": "部门", "en": "medical-insurance"},
            "law": LAW,
            "item": "resident-medical-insurance",
            "kinds": [PAGE, IDENTITY],
            "parties": {"kinds": ["person"], "regions": ["330782"]},
        }
        assert (published["births"]["item"], published["births"]["kinds"]) == (None, [])

    @pytest.mark.parametrize("wrong", [{"item": None}, {"kinds": []}, {"parties": {"kinds": []}}, {"law": "x"}])
    def test_a_duty_that_says_half_is_not_loaded(self, wrong: dict[str, Any]) -> None:
        whole = document()
        whole["departments"][0]["duties"] = [{**INSURANCE, **wrong}]
        with pytest.raises(ValidationError):
            Document.model_validate(whole)


class TestGrant:
    async def test_it_is_identitys_and_says_who_what_whose_why_and_until_when(self, insurer: World) -> None:
        answer = await ask(insurer)
        grant = await opened(insurer, answer)
        assert peek_header(answer.json()["grant"])["typ"] == GRANT_TYPE
        assert (grant.iss, grant.sub, grant.purpose) == ("identity", "medical-insurance", "duty")
        assert (grant.items, grant.kinds) == (("resident-medical-insurance",), (PAGE,))
        assert grant.parties == (insurer.people["mother"],)
        assert (grant.duty, grant.basis) == ("resident-enrolment", Text(**LAW))
        assert grant.officer == str(OFFICERS["medical-insurance"])
        assert grant.exp - grant.iat <= timedelta(hours=1).total_seconds()
        assert answer.json()["reference"] == str(grant.ref)

    async def test_it_names_the_departments_own_case_where_there_is_one(self, insurer: World) -> None:
        case = uuid4()
        assert (await opened(insurer, await ask(insurer, reference=str(case)))).ref == case

    async def test_a_source_takes_it_from_that_department_and_no_other(self, insurer: World) -> None:
        grant, at = await opened(insurer, await ask(insurer)), insurer.service.clock()
        assert refused_by_a_source(grant, reader="medical-insurance", wants=[], at=at) is None
        assert refused_by_a_source(grant, reader="tax", wants=[], at=at) == "another-reader"
        late = at + timedelta(minutes=20)
        assert refused_by_a_source(grant, reader="medical-insurance", wants=[], at=late) == "expired"

    async def test_the_asking_is_in_the_books_granted_or_refused(self, insurer: World) -> None:
        grant = await opened(insurer, await ask(insurer))
        await ask(insurer, kinds=["tax-record"])
        rows = await insurer.rows("SELECT id, purpose, reference, asked, refused FROM lookups ORDER BY at, id")
        assert [tuple(row)[1:] for row in rows] == [
            ("duty-grant", "resident-enrolment", 1, None),
            ("duty-grant", "resident-enrolment", 1, "kinds-outside-duty"),
        ]
        assert rows[0].id == grant.jti

    async def test_fifty_parties_cost_as_many_statements_as_one(self, insurer: World) -> None:
        counted = []
        await ask(insurer)
        for parties in ([insurer.people["mother"]], [insurer.people["mother"]] * 50):
            with statements_of(insurer.service.database) as statements:
                await opened(insurer, await ask(insurer, *parties))
            counted.append(len(statements))
        assert counted[0] == counted[1]

    @pytest.mark.parametrize("duty", [INSURANCE, LOOK_UP], ids=lambda duty: duty["code"])
    async def test_who_looks_people_up_on_a_duty_names_its_law_to_them(
        self, insurer: World, duty: dict[str, Any]
    ) -> None:
        answer = await insurer.resolve(MOTHER_NUMBER, client="medical-insurance", duty=duty["code"])
        assert answer.status_code == 200
        [event] = [row for row in await insurer.rows(EVENTS) if row.type == "data.accessed.v1"]
        assert f'"basis":{{"en":"{duty["basis_en"]}"' in event.data

    @pytest.mark.parametrize(
        ("body", "reason"), [({}, "duty-not-named"), ({"duty": "birth-registration"}, "duty-of-another")]
    )
    async def test_a_law_is_not_guessed_for_whoever_looks_people_up(
        self, insurer: World, body: dict[str, Any], reason: str
    ) -> None:
        answer = await insurer.resolve(MOTHER_NUMBER, client="medical-insurance", **body)
        assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (403, "purpose-refused", reason)
        assert answer.json()["duties"] == ["births", "resident-enrolment"]
        assert await insurer.rows("SELECT reference, refused FROM lookups") == [
            (body.get("duty", "-"), "purpose-refused")
        ]
        assert not [row for row in await insurer.rows(EVENTS) if row.type == "data.accessed.v1"]


class TestRefused:
    async def refused(self, world: World, *parties: UUID | str, **changes: Any) -> dict[str, Any]:
        answer = await ask(world, *parties, **changes)
        assert answer.status_code in {403, 404}
        return dict(answer.json())

    @pytest.mark.parametrize(
        "happened",
        [
            "UPDATE clients SET revoked_at = now(), revoked_by = 'ops:ops' WHERE client_id = 'medical-insurance'",
            "UPDATE officers SET dismissed_at = now() WHERE department = 'medical-insurance'",
        ],
    )
    async def test_a_token_from_before_the_revocation_earns_no_grant(self, insurer: World, happened: str) -> None:
        headers = await insurer.bearer("medical-insurance")
        async with insurer.service.database.transaction() as conn:
            await conn.execute(text(happened))
        answer = await ask(insurer, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
        assert [row.refused for row in await insurer.rows("SELECT refused FROM lookups")] == ["not-authenticated"]

    @pytest.mark.parametrize("duty", ["birth-registration", "births", "none"])
    async def test_a_duty_of_another_department_or_without_evidence(self, insurer: World, duty: str) -> None:
        problem = await self.refused(insurer, duty=duty)
        assert (problem["code"], problem["duties"]) == ("duty-not-found", ["resident-enrolment"])

    async def test_a_kind_that_it_does_not_name(self, insurer: World) -> None:
        problem = await self.refused(insurer, kinds=[PAGE, "birth-record"])
        assert (problem["code"], problem["kinds"]) == ("kinds-outside-duty", [PAGE, IDENTITY])

    async def test_a_party_elsewhere_and_one_that_nobody_knows_look_alike(self, insurer: World) -> None:
        elsewhere, nobody = insurer.people["father"], uuid4()
        problems = [await self.refused(insurer, insurer.people["mother"], party) for party in (elsewhere, nobody)]
        assert problems[0]["code"] == "parties-outside-duty"
        assert [each["pointer"] for each in problems[0]["errors"]] == ["/body/parties/1"]
        for problem in problems:
            problem.pop("instance", None)
            problem.pop("correlation_id", None)
        assert problems[0] == problems[1]

    @pytest.mark.parametrize(
        "body", [{"parties": []}, {"parties": [str(uuid4())] * 51}, {"kinds": []}, {"duty": "x" * 49}, {"until": 1}]
    )
    async def test_a_body_that_is_none(self, insurer: World, body: dict[str, Any]) -> None:
        assert (await ask(insurer, **body)).status_code == 422

    async def test_a_department_without_the_scope(self, insurer: World) -> None:
        headers = await insurer.bearer("public-security")
        body = {"duty": "x", "parties": [str(uuid4())], "kinds": [PAGE]}
        answer = await insurer.http.post("/v1/duty-grants", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


def a_duty(**changes: Any) -> Duty:
    said = {
        "department": "medical-insurance",
        "department_name": Text(zh="医保", en="Insurance"),
        "code": "resident-enrolment",
        "law": Text(**LAW),
        "item": "resident-medical-insurance",
        "kinds": (PAGE,),
        "party_kinds": ("person",),
        "regions": ("330700", "330100"),
    }
    return Duty(**{**said, **changes})


@pytest.mark.parametrize(
    ("kind", "lives_in", "acts_in", "covered"),
    [
        ("person", "330782", "330000", True),
        ("person", "330102", "330000", True),
        ("person", "330282", "330000", False),
        ("person", "330782", "330100", False),
        ("organisation", "330782", "330000", False),
    ],
)
def test_it_reaches_whom_both_the_duty_and_the_department_reach(
    kind: Any, lives_in: str, acts_in: str, covered: bool
) -> None:
    party = uuid4()
    known = {party: Known(party, kind, lives_in)}
    assert (refusal(a_duty(), kinds=[PAGE], parties=[party], known=known, region=acts_in) is None) is covered

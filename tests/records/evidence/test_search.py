"""Records read as evidence: minimised, on record before they leave, and refused in every other case."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import insert

from shared.contracts.evidence import Grant
from shared.evidence.model import closed_cases
from shared.jose import SigningKey
from shared.schemas import Text
from tests.records.world import BIRTH, CHILD, CLAIMS, COMMISSION, HOUSEHOLD, IDENTITY, ITEM, MOTHER, PAGE, World
from tests.support.statements import statements_of

pytestmark = pytest.mark.usefixtures("postgres")


def a_grant(world: World, **changes: object) -> Grant:
    """The health commission may read the child's birth record for one case, for a day."""
    issued = int(world.service.clock().timestamp())
    fields: dict[str, object] = {
        "iss": "licensing",
        "jti": uuid4(),
        "sub": COMMISSION,
        "purpose": "case",
        "ref": UUID(int=41),
        "items": (ITEM,),
        "region": "330782",
        "parties": (CHILD,),
        "kinds": (BIRTH,),
        "iat": issued,
        "exp": issued + 86_400,
    }
    return Grant.model_validate(fields | changes)


async def search(
    world: World,
    *,
    grant: Grant | None = None,
    token: str | None = None,
    reader: str = COMMISSION,
    party: UUID = CHILD,
    kinds: tuple[str, ...] = (BIRTH,),
) -> httpx2.Response:
    signed = token or world.neighbours.signed(grant or a_grant(world))
    body = {"wants": [{"party": str(party), "kinds": kinds}], "grant": signed}
    headers = (
        world.issuer.service("licensing", audience="records")
        if reader == "licensing"
        else world.issuer.department(reader)
    )
    return await world.http.post("/v1/evidence/search", json=body, headers=headers)


def found(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["evidence"])


async def test_a_reader_gets_what_its_rule_names_and_no_more(world: World) -> None:
    record = await world.filed()
    (evidence,) = found(await search(world))
    assert evidence == {
        "id": str(record),
        "type": "record",
        "kind": BIRTH,
        "party": str(CHILD),
        "issuer": "hospital",
        "as_of": "2026-03-11",
        "valid_until": None,
        "state": "valid",
        "claims": {"sex": "female", "birth-date": "2026-03-01"},
        "number": None,
        "origin": "filed",
    }


async def test_the_access_is_recorded_with_reader_officer_purpose_and_attributes(world: World) -> None:
    record = await world.filed()
    await search(world)
    (event,) = await world.events("data.accessed%")
    assert event["topic"].startswith("int.data.accessed.case.")
    assert event["data"]["reader"] == COMMISSION
    assert event["data"]["officer"] == "019a0000-0000-7000-8000-000000000001"
    assert event["data"]["accessed"] == [
        {"party": str(CHILD), "kind": BIRTH, "attributes": ["birth-date", "sex"], "evidence": str(record)}
    ]


async def test_a_draft_reads_as_licensing_under_the_rules_for_drafts(world: World) -> None:
    await world.filed()
    grant = a_grant(world, sub="licensing", purpose="draft")
    (evidence,) = found(await search(world, grant=grant, reader="licensing"))
    assert evidence["claims"] == {"birth-date": "2026-03-01"}


async def test_a_batch_is_answered_for_each_party_and_kinds_of_others_are_left_to_them(world: World) -> None:
    await world.filed()
    await world.filed(by="public-security", kind=IDENTITY, party=str(MOTHER), claims={"name": "王一"})
    grant = a_grant(world, sub="licensing", purpose="draft", parties=(CHILD, MOTHER), kinds=(BIRTH, IDENTITY, PAGE))
    body = {
        "wants": [
            {"party": str(CHILD), "kinds": [BIRTH, PAGE]},
            {"party": str(MOTHER), "kinds": [IDENTITY, BIRTH]},
        ],
        "grant": world.neighbours.signed(grant),
    }
    headers = world.issuer.service("licensing", audience="records")
    answer = await world.http.post("/v1/evidence/search", json=body, headers=headers)
    assert {(each["party"], each["kind"]) for each in found(answer)} == {(str(CHILD), BIRTH), (str(MOTHER), IDENTITY)}
    assert answer.json()["unavailable"] == []


async def test_many_parties_of_a_standing_duty_are_read_in_as_many_statements_as_one(world: World) -> None:
    parties = [uuid4() for _ in range(50)]
    world.neighbours.regions |= dict.fromkeys(parties, "330782")
    for party in parties:
        await world.filed(party=str(party))
    basis = Text(zh="《中华人民共和国母婴保健法》第二十三条", en="Law on Maternal and Infant Health Care, Art 23")
    duty = {"iss": "identity", "purpose": "duty", "duty": "birth-certificates", "basis": basis}
    grant = a_grant(world, parties=tuple(parties), **duty)
    token = world.issuer.key.sign(grant.model_dump(mode="json"), typ="grant+jwt")
    counted = []
    for wanted in (parties[:1], parties):
        body = {"wants": [{"party": str(party), "kinds": [BIRTH]} for party in wanted], "grant": token}
        with statements_of(world.service.database) as statements:
            headers = world.issuer.department(COMMISSION)
            answer = await world.http.post("/v1/evidence/search", json=body, headers=headers)
        assert len(found(answer)) == len(wanted)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 2
    _, event = await world.events("data.accessed%")
    assert len(event["data"]["accessed"]) == 50
    assert (event["data"]["duty"], event["data"]["basis"]) == ("birth-certificates", basis.model_dump())


async def test_a_corrected_record_speaks_as_corrected(world: World) -> None:
    record = await world.filed()
    await world.correct(record, claims=CLAIMS | {"sex": "male"})
    (evidence,) = found(await search(world))
    assert evidence["claims"]["sex"] == "male"


async def test_of_two_records_of_one_kind_the_later_speaks(world: World, clock: Any) -> None:
    await world.filed()
    clock.advance(days=1)
    later = await world.filed(claims={"sex": "male"})
    assert [each["id"] for each in found(await search(world))] == [str(later)]


async def test_a_record_that_is_not_yet_in_force_is_not_shown(world: World) -> None:
    await world.filed(valid_from="2026-04-01")
    assert found(await search(world)) == []


async def test_a_rule_of_another_region_shows_nothing(world: World) -> None:
    await world.filed()
    assert found(await search(world, grant=a_grant(world, sub="tax"), reader="tax")) == []
    assert not await world.events("data.accessed%")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"sub": "tax"}, "another-reader"),
        ({"parties": (MOTHER,)}, "party-outside-grant"),
        ({"kinds": (IDENTITY,)}, "kind-outside-grant"),
        ({"items": ("another-item",)}, "no-sharing-rule"),
        ({"purpose": "duty"}, "not-genuine"),
        ({"iss": "identity"}, "not-genuine"),
    ],
)
async def test_a_grant_that_does_not_cover_the_read_is_refused(
    world: World, changes: dict[str, object], reason: str
) -> None:
    await world.filed()
    answer = await search(world, grant=a_grant(world, **changes))
    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (403, "grant-refused", reason)
    assert not await world.events("data.accessed%")


async def test_a_forged_grant_is_refused(world: World) -> None:
    forged = SigningKey.generate().sign(a_grant(world).model_dump(mode="json"), typ="grant+jwt")
    assert (await search(world, token=forged)).json()["reason"] == "not-genuine"
    assert (await search(world, token="e30.e30.e30")).json()["reason"] == "not-genuine"


async def test_another_statement_is_no_grant(world: World) -> None:
    statement = world.neighbours.signed(a_grant(world), typ="representation+jwt")
    assert (await search(world, token=statement)).json()["reason"] == "not-genuine"


async def test_a_grant_of_a_closed_case_is_refused(world: World) -> None:
    await world.filed()
    async with world.service.database.transaction() as conn:
        await conn.execute(insert(closed_cases).values(case=UUID(int=41), closed_at=world.service.clock()))
    assert (await search(world)).json()["reason"] == "case-closed"


async def test_before_the_rules_are_loaded_nothing_is_read(unloaded: World) -> None:
    answer = await search(unloaded)
    assert (answer.status_code, answer.json()["code"]) == (503, "sharing-rules-not-loaded")


async def test_a_kind_of_records_without_a_rule_is_refused(world: World) -> None:
    grant = a_grant(world, kinds=(HOUSEHOLD,))
    answer = await search(world, grant=grant, kinds=(HOUSEHOLD,))
    assert answer.json()["reason"] == "no-sharing-rule"

"""Who looked at whose data: noted once, seen by the party itself and by nobody else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from records.accesses.commands import note_accesses
from records.accesses.rules import PURPOSES, accesses_of
from shared.contracts.events import AccessedEvidence, DataAccessed
from shared.contracts.representation import RepresentationStatement
from shared.ids import new_id
from shared.messaging.envelope import Event
from tests.records.world import BIRTH, CHILD, COMMISSION, IDENTITY, ITEM, MOTHER, STRANGER, World
from tests.support.clock import START
from tests.support.tokens import ISSUER, Headers


def accessed(*parties: UUID, minutes: int = 0, **changes: Any) -> Event[DataAccessed]:
    """A source told of a reply."""
    data = DataAccessed.model_validate(
        {
            "reader": COMMISSION,
            "officer": "officer-1",
            "purpose": "case",
            "ref": UUID(int=41),
            "items": (ITEM,),
            "region": "330782",
            "accessed": [
                AccessedEvidence(party=party, kind=kind, attributes=(attribute,))
                for party in parties
                for kind, attribute in ((BIRTH, "sex"), (BIRTH, "birth-date"), (IDENTITY, "name"))
            ],
        }
        | changes
    )
    return Event(
        id=new_id(),
        source="/certificates",
        type=DataAccessed.type,
        topic="int.data.accessed.case.33.07.82",
        subject=new_id(),
        time=START + timedelta(minutes=minutes),
        entityversion=1,
        position=1,
        sequence=1,
        data=data,
    )


async def note(world: World, *events: Event[DataAccessed]) -> None:
    async with world.service.database.transaction() as conn:
        for event in events:
            await note_accesses(conn, accesses_of(event))


async def seen_by(world: World, party: UUID, **query: Any) -> dict[str, Any]:
    answer = await world.http.get("/v1/accesses", params=query, headers=world.issuer.person(party))
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def test_each_party_has_its_own_part_of_an_event() -> None:
    mother, child = accesses_of(accessed(MOTHER, CHILD))
    assert (mother.party, child.party) == (MOTHER, CHILD)
    assert mother.evidence == {BIRTH: ["sex", "birth-date"], IDENTITY: ["name"]}


def test_every_purpose_has_a_text_in_both_languages() -> None:
    assert all(text.zh and text.en for text in PURPOSES.values())


async def test_a_party_sees_who_read_what_and_why(world: World) -> None:
    event = accessed(CHILD)
    await note(world, event)
    (access,) = (await seen_by(world, CHILD))["items"]
    assert access == {
        "id": str(event.id),
        "at": "2026-03-11T02:00:00Z",
        "reader": COMMISSION,
        "source": "certificates",
        "purpose": "case",
        "purpose_text": {"zh": "办理您或您家人的申请事项", "en": "To handle an application of yours or of your family"},
        "ref": str(UUID(int=41)),
        "items": [ITEM],
        "evidence": [
            {"kind": BIRTH, "attributes": ["sex", "birth-date"]},
            {"kind": IDENTITY, "attributes": ["name"]},
        ],
        "duty": None,
    }


async def test_of_a_standing_duty_the_party_sees_the_law_in_both_languages(world: World) -> None:
    basis = {"zh": "《中华人民共和国社会保险法》第二十五条", "en": "Social Insurance Law, Art 25"}
    await note(world, accessed(CHILD, purpose="duty", duty="enrolment", basis=basis))
    (access,) = (await seen_by(world, CHILD))["items"]
    assert (access["purpose"], access["duty"]) == ("duty", "enrolment")
    assert access["purpose_text"] == {
        "zh": "依法履行法定职责：《中华人民共和国社会保险法》第二十五条",
        "en": "To carry out a duty laid down by law: Social Insurance Law, Art 25",
    }


class TestActingForAChild:
    def representing(self, world: World, *parties: UUID, of: UUID = MOTHER) -> Headers:
        """The mother, with identity's statement of whom this person may act for."""
        at = int(world.service.clock().timestamp())
        statement = RepresentationStatement(iss=ISSUER, sub=of, iat=at, exp=at + 300, may_act_for=parties)
        signed = world.issuer.key.sign(statement.model_dump(mode="json"), typ="representation+jwt")
        return world.issuer.person(MOTHER) | {"representation": signed}

    async def test_a_parent_sees_who_read_the_childs_data(self, world: World) -> None:
        await note(world, accessed(CHILD))
        headers = self.representing(world, MOTHER, CHILD)
        answer = await world.http.get("/v1/accesses", params={"party": str(CHILD)}, headers=headers)
        assert (answer.status_code, len(answer.json()["items"])) == (200, 1)

    async def test_for_oneself_nothing_needs_to_be_stated(self, world: World) -> None:
        await note(world, accessed(CHILD))
        for query in ({"party": "me"}, {"party": str(CHILD)}):
            answer = await world.http.get("/v1/accesses", params=query, headers=world.issuer.person(CHILD))
            assert len(answer.json()["items"]) == 1

    async def test_nobody_sees_those_of_whom_they_do_not_represent(self, world: World) -> None:
        await note(world, accessed(CHILD))
        refused = [
            (world.issuer.person(MOTHER), "party-not-represented"),
            (self.representing(world, MOTHER), "party-not-represented"),
            (self.representing(world, CHILD, of=STRANGER), "representation-not-valid"),
        ]
        for headers, code in refused:
            answer = await world.http.get("/v1/accesses", params={"party": str(CHILD)}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_an_event_noted_twice_is_seen_once(world: World) -> None:
    event = accessed(CHILD, MOTHER)
    await note(world, event, event)
    await note(world, event)
    assert len((await seen_by(world, CHILD))["items"]) == 1


async def test_nobody_sees_accesses_to_others(world: World) -> None:
    await note(world, accessed(CHILD))
    assert (await seen_by(world, STRANGER))["items"] == []


async def test_pages_go_from_the_newest_back_and_miss_nothing(world: World) -> None:
    events = [accessed(CHILD, minutes=number // 2) for number in range(7)]
    await note(world, *events)
    pages, after = [], None
    while True:
        page = await seen_by(world, CHILD, limit=3, **({"after": after} if after else {}))
        pages.append([access["id"] for access in page["items"]])
        after = page.get("next")
        if not after:
            break
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {access for page in pages for access in page} == {str(event.id) for event in events}


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": -1}, {"limit": 10**9}, {"after": "SECRET"}])
async def test_a_page_that_is_none_is_refused(world: World, query: dict[str, Any]) -> None:
    answer = await world.http.get("/v1/accesses", params=query, headers=world.issuer.person(CHILD))
    assert answer.status_code == 422
    assert "SECRET" not in answer.text


async def test_the_database_itself_keeps_what_was_noted(world: World) -> None:
    await note(world, accessed(CHILD))
    with pytest.raises(Exception, match="append-only"):
        await world.rows("DELETE FROM accesses")

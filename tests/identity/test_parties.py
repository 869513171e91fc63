"""Registering, numbering and looking up parties over HTTP, and what is in the books afterwards."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.ids import new_id
from tests.identity.world import (
    EVENTS,
    FATHER_NUMBER,
    MOTHER_NUMBER,
    NEWBORN_NUMBER,
    OFFICERS,
    UNKNOWN_NUMBER,
    World,
)

IMPOSSIBLE_BIRTHS: list[tuple[object, str]] = [
    ("2026-03-12", "birth-date-not-possible"),
    ("9999-12-31", "birth-date-not-possible"),
    ("2025-02-29", "invalid-request"),
    ("0000-00-00", "invalid-request"),
    ("10000-01-01", "invalid-request"),
    ("2026-03-11T00:00:00Z", "invalid-request"),
    (1773187200, "invalid-request"),
    (-0.0, "invalid-request"),
    (True, "invalid-request"),
    ("", "invalid-request"),
]
NOT_OF_A_REGISTRATION: list[dict[str, Any]] = [
    {"id_number": NEWBORN_NUMBER},
    {"id": "00000000-0000-4000-8000-000000000000"},
    {"region": "110105"},
    {"__proto__": {}},
    {"kind": "organisation"},
    {"kind": {"$gt": ""}},
    {"relation": {"kind": "father", "of": "00000000-0000-4000-8000-000000000000"}},
    {"relation": {"kind": "mother", "of": MOTHER_NUMBER}},
    {"relation": None},
]


class TestRegistration:
    async def test_a_newborn_is_a_party_of_its_mothers_region_without_a_number(self, world: World) -> None:
        answer = await world.register(world.people["mother"])
        child = answer.json()["id"]
        assert answer.status_code == 201
        assert answer.json() == {"id": child, "kind": "person", "region": "330782", "numbered": False}
        assert UUID(child).version == 4

    async def test_its_region_hears_of_it_without_learning_who_it_is(self, world: World) -> None:
        before = await world.rows(EVENTS)
        child = await world.child_of_mother()
        [event] = [row for row in await world.rows(EVENTS) if row not in before]
        assert event.type == "party.registered.v1"
        assert event.topic == "evt.party.registered.person.33.07.82"
        assert event.subject == child
        assert MOTHER_NUMBER not in str(event)
        assert str(world.people["mother"]) not in str(event)

    async def test_the_books_name_the_officer(self, world: World) -> None:
        child = await world.child_of_mother()
        [(by,)] = await world.rows(f"SELECT registered_by FROM parties WHERE id = '{child}'")  # noqa: S608 - ours
        assert by == f"department:hospital/{OFFICERS['hospital']}"

    async def test_the_same_request_again_makes_no_second_child(self, world: World) -> None:
        key = str(new_id())
        answers = await asyncio.gather(*(world.register(world.people["mother"], key=key) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await world.count("parties") == 3

    async def test_the_key_of_another_birth_is_refused(self, world: World) -> None:
        key = str(new_id())
        await world.register(world.people["mother"], key=key)
        answer = await world.register(world.people["mother"], key=key, born_on="2026-03-01")
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")

    async def test_twins_are_two(self, world: World) -> None:
        assert await world.child_of_mother() != await world.child_of_mother()

    async def test_a_mother_whom_nobody_knows_is_not_found(self, world: World) -> None:
        answer = await world.register(uuid4())
        assert (answer.status_code, answer.json()["code"]) == (404, "party-not-found")

    async def test_d_series_an_impossible_birth_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        for born_on, code in IMPOSSIBLE_BIRTHS:
            with subtests.test(str(born_on)):
                answer = await world.register(world.people["mother"], born_on=born_on)
                assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert await world.count("parties") == 2

    async def test_j7_what_a_registration_does_not_know_is_refused(
        self, world: World, subtests: pytest.Subtests
    ) -> None:
        for extra in NOT_OF_A_REGISTRATION:
            with subtests.test(str(extra)):
                answer = await world.register(world.people["mother"], **extra)
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
                assert NEWBORN_NUMBER not in answer.text
                assert MOTHER_NUMBER not in answer.text
        assert await world.count("parties") == 2

    async def test_an_act_needs_a_key(self, world: World) -> None:
        body = {"kind": "person", "relation": {"kind": "mother", "of": str(world.people["mother"])}}
        answer = await world.http.post("/v1/parties", json=body, headers=await world.bearer("hospital"))
        assert answer.status_code == 422


class TestNumbering:
    async def test_the_assigning_authority_gives_a_newborn_its_number(self, world: World) -> None:
        child = await world.child_of_mother()
        answer = await world.assign(child, NEWBORN_NUMBER)
        assert (answer.status_code, answer.json()["numbered"]) == (200, True)
        assert (await world.resolve(NEWBORN_NUMBER)).json() == {"items": [{"party": child}]}

    async def test_the_same_number_again_changes_nothing(self, world: World) -> None:
        child = await world.child_of_mother()
        answers = [await world.assign(child, NEWBORN_NUMBER) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert await world.count("identity_numbers") == 3

    async def test_a_party_has_one_number(self, world: World) -> None:
        answer = await world.assign(str(world.people["mother"]), NEWBORN_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (409, "party-already-numbered")

    async def test_i21_a_number_has_one_party(self, world: World) -> None:
        answer = await world.assign(await world.child_of_mother(), MOTHER_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (409, "identity-number-taken")
        assert await world.count("identity_numbers") == 2

    async def test_two_authorities_at_once_give_one_number_to_one(self, world: World) -> None:
        children = [await world.child_of_mother() for _ in range(2)]
        answers = await asyncio.gather(*(world.assign(child, NEWBORN_NUMBER) for child in children))
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_a_department_that_is_not_the_authority_may_not(self, world: World) -> None:
        child = await world.child_of_mother()
        answer = await world.assign(child, NEWBORN_NUMBER, client="medical-insurance")
        assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")
        assert await world.count("identity_numbers") == 2

    async def test_nobody_is_numbered_who_is_not_there(self, world: World) -> None:
        answer = await world.assign(str(uuid4()), NEWBORN_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (404, "party-not-found")

    async def test_a_persons_number_is_no_credit_code(self, world: World) -> None:
        answer = await world.assign(await world.child_of_mother(), "91330100MA2TEXT01G")
        assert (answer.status_code, answer.json()["code"]) == (422, "identity-number-not-valid")


async def test_nothing_stored_shows_a_number_a_telephone_or_a_code(world: World) -> None:
    child = await world.child_of_mother()
    await world.assign(child, NEWBORN_NUMBER)
    await world.resolve(MOTHER_NUMBER, UNKNOWN_NUMBER)
    await world.start(MOTHER_NUMBER, method="one-time-code")
    stored = await world.everything_stored()
    assert child in stored
    for secret in (MOTHER_NUMBER, FATHER_NUMBER, NEWBORN_NUMBER, UNKNOWN_NUMBER, "+86-000-0001"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def test_no_log_line_shows_a_number_or_a_telephone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.assign(await world.child_of_mother(), NEWBORN_NUMBER)
    await world.assign(await world.child_of_mother(), NEWBORN_NUMBER)
    await world.resolve(MOTHER_NUMBER, "110105194912310021")
    await world.start(MOTHER_NUMBER, method="one-time-code")
    await world.start("110105194912310021")
    assert "refused" in caplog.text
    for secret in (NEWBORN_NUMBER, MOTHER_NUMBER, "110105194912310021", "+86-000-0001", world.inbox.sent[0][2]):
        assert secret not in caplog.text


async def test_the_sealed_number_opens_for_its_party(world: World) -> None:
    question = "SELECT party, sealed, wrapped_key FROM identity_numbers JOIN parties ON parties.id = party"
    opened = {
        row.party: world.service.vault.open_for(row.party, row.wrapped_key, row.sealed, purpose="identity-number")
        for row in await world.rows(question)
    }
    assert opened == {world.people["mother"]: MOTHER_NUMBER, world.people["father"]: FATHER_NUMBER}


async def test_services_ask_where_parties_live(world: World) -> None:
    mother, father = world.people["mother"], world.people["father"]
    answer = await world.http.post(
        "/internal/parties/regions",
        json={"parties": [str(mother), str(father), str(uuid4())]},
        headers=await world.bearer("licensing", audience="identity"),
    )
    assert answer.json() == {str(mother): "330782", str(father): "330102"}

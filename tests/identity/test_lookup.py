"""Departments look people up by number: by duty or by grant, within limits, and in the books."""

import asyncio
from typing import Any

import pytest

from identity.parties.ports import SignedGrants
from shared.ids import new_id
from shared.jose import SigningKey, StaticKeys
from tests.identity.world import EVENTS, FATHER_NUMBER, MOTHER_NUMBER, OFFICERS, UNKNOWN_NUMBER, World
from tests.support.clock import FrozenClock


class TestLookUp:
    async def test_a_department_on_duty_finds_whom_it_knows_by_number(self, world: World) -> None:
        answer = await world.resolve(MOTHER_NUMBER, UNKNOWN_NUMBER, FATHER_NUMBER)
        found = [item["party"] for item in answer.json()["items"]]
        assert answer.status_code == 200
        assert found == [str(world.people["mother"]), None, str(world.people["father"])]

    async def test_those_found_can_see_who_looked_them_up(self, world: World) -> None:
        await world.resolve(MOTHER_NUMBER, UNKNOWN_NUMBER, MOTHER_NUMBER)
        [event] = [row for row in await world.rows(EVENTS) if row.type == "data.accessed.v1"]
        assert event.topic.startswith("int.data.accessed.")
        assert str(event.data).count(str(world.people["mother"])) == 1
        assert "hospital" in str(event.data)
        assert str(OFFICERS["hospital"]) in str(event.data)
        assert MOTHER_NUMBER not in str(event)

    async def test_the_books_hold_how_many_were_asked_but_no_number(self, world: World) -> None:
        await world.resolve(MOTHER_NUMBER, UNKNOWN_NUMBER)
        rows = await world.rows("SELECT department, purpose, reference, asked, unknown, refused FROM lookups")
        assert rows == [("hospital", "duty", "birth-registration", 2, 1, None)]

    async def test_without_a_duty_nobody_is_found(self, world: World) -> None:
        answer = await world.resolve(MOTHER_NUMBER, client="medical-insurance")
        assert (answer.status_code, answer.json()["code"]) == (403, "purpose-refused")
        assert answer.json()["reason"] == "no-standing-duty"
        assert await world.rows("SELECT refused FROM lookups") == [("purpose-refused",)]
        assert not [row for row in await world.rows(EVENTS) if row.type == "data.accessed.v1"]

    @pytest.mark.parametrize(
        "body", [{"purpose": "test"}, {"purpose": None}, {"parties": []}, {"purpose": "duty", "x": 1}]
    )
    async def test_a4_a_purpose_is_of_the_list(self, world: World, body: dict[str, Any]) -> None:
        assert (await world.resolve(MOTHER_NUMBER, **body)).status_code == 422

    async def test_at_most_fifty_are_looked_up_at_once(self, world: World) -> None:
        assert (await world.resolve(*[MOTHER_NUMBER] * 50)).status_code == 200
        assert (await world.resolve(*[MOTHER_NUMBER] * 51)).status_code == 422

    async def test_a_refused_number_is_named_by_its_place(self, world: World) -> None:
        answer = await world.resolve(MOTHER_NUMBER, "110105194912310021")
        assert answer.status_code == 422
        assert answer.json()["pointer"] == "/parties/1/id_number"
        assert answer.json()["reason"] == "check-digit"
        assert "110105194912310021" not in answer.text


class TestGuessing:
    """I24 for departments."""

    async def test_more_than_ten_unknown_numbers_a_minute_are_refused(self, world: World) -> None:
        assert (await world.resolve(*[UNKNOWN_NUMBER] * 10)).status_code == 200
        answer = await world.resolve(MOTHER_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-unknown-numbers")
        assert answer.headers["retry-after"] == "60"

    async def test_who_loads_a_register_of_long_ago_may_meet_many_who_are_unknown(self, world: World) -> None:
        given = "UPDATE clients SET scopes = scopes || '{evidence:import}' WHERE client_id = 'hospital' RETURNING 1"
        assert await world.rows(given) == [(1,)]
        answers = [await world.resolve(*[UNKNOWN_NUMBER] * 50) for _ in range(10)]
        assert {answer.status_code for answer in answers} == {200}
        assert (await world.resolve(MOTHER_NUMBER, UNKNOWN_NUMBER)).status_code == 429

    async def test_a_refused_batch_counts_as_well(self, world: World) -> None:
        assert (await world.resolve(*[UNKNOWN_NUMBER] * 11)).status_code == 429
        assert (await world.resolve(MOTHER_NUMBER)).status_code == 429

    async def test_parallel_batches_do_not_slip_below_the_limit(self, world: World) -> None:
        answers = await asyncio.gather(*(world.resolve(*[UNKNOWN_NUMBER] * 6) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 429, 429, 429]

    async def test_a_minute_later_all_is_forgiven(self, world: World, clock: FrozenClock) -> None:
        await world.resolve(*[UNKNOWN_NUMBER] * 11)
        clock.advance(seconds=60)
        assert (await world.resolve(MOTHER_NUMBER)).status_code == 200


class TestGrants:
    """A department without a standing duty looks people up for a case of theirs."""

    @pytest.fixture
    def licensing(self, world: World) -> SigningKey:
        key = SigningKey.generate()
        world.service.grants = SignedGrants(StaticKeys(key.public_jwk()))
        return key

    def grant(self, world: World, key: SigningKey, *, typ: str = "grant+jwt", **claims: object) -> str:
        now = int(world.service.clock().timestamp())
        filled = {
            "iss": "licensing",
            "jti": str(new_id()),
            "sub": "medical-insurance",
            "purpose": "case",
            "ref": str(new_id()),
            "items": ["resident-medical-insurance"],
            "region": "330782",
            "parties": [str(world.people["mother"])],
            "kinds": [],
            "iat": now,
            "exp": now + 60,
            **claims,
        }
        return key.sign(filled, typ=typ)

    async def test_a_grant_answers_its_own_parties_only(self, world: World, licensing: SigningKey) -> None:
        grant = self.grant(world, licensing)
        answer = await world.resolve(
            MOTHER_NUMBER, FATHER_NUMBER, client="medical-insurance", purpose="case", grant=grant
        )
        assert [item["party"] for item in answer.json()["items"]] == [str(world.people["mother"]), None]

    @pytest.mark.parametrize(
        ("claims", "reason"),
        [
            ({"sub": "hospital"}, "grant-of-another"),
            ({"exp": 1}, "grant-not-valid"),
            ({"iss": "identity"}, "grant-not-valid"),
            ({"typ": "at+jwt"}, "grant-not-valid"),
            ({"parties": "all"}, "grant-not-valid"),
        ],
    )
    async def test_a_grant_that_is_not_right_opens_nothing(
        self, world: World, licensing: SigningKey, claims: dict[str, Any], reason: str
    ) -> None:
        grant = self.grant(world, licensing, **claims)
        answer = await world.resolve(MOTHER_NUMBER, client="medical-insurance", purpose="case", grant=grant)
        assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (403, "purpose-refused", reason)

    async def test_a_forged_grant_opens_nothing(self, world: World, licensing: SigningKey) -> None:
        grant = self.grant(world, SigningKey.generate())
        answer = await world.resolve(MOTHER_NUMBER, client="medical-insurance", purpose="case", grant=grant)
        assert answer.json()["reason"] == "grant-not-valid"

    async def test_a_case_without_a_grant_opens_nothing(self, world: World) -> None:
        answer = await world.resolve(MOTHER_NUMBER, client="medical-insurance", purpose="case")
        assert answer.json()["reason"] == "grant-missing"

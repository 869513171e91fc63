"""Registering, numbering and looking up parties over HTTP, and what is in the books afterwards."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from identity.parties.ports import SignedGrants
from shared.ids import new_id
from shared.jose import SigningKey, StaticKeys
from tests.identity.test_numbers import REFUSED
from tests.identity.world import (
    FATHER_NUMBER,
    MOTHER_NUMBER,
    NEWBORN_NUMBER,
    OFFICERS,
    UNKNOWN_NUMBER,
    World,
)
from tests.support.clock import FrozenClock

EVENTS = "SELECT type, topic, subject::text, data FROM outbox ORDER BY 1, 2"


async def count(world: World, table: str) -> int:
    [(rows,)] = await world.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - the name is ours
    return int(rows)


async def child_of_mother(world: World) -> str:
    answer = await world.register(world.people["mother"])
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


class TestRegistration:
    async def test_a_newborn_is_a_party_of_its_mothers_region_without_a_number(self, world: World) -> None:
        answer = await world.register(world.people["mother"])
        child = answer.json()["id"]
        assert answer.status_code == 201
        assert answer.json() == {"id": child, "kind": "person", "region": "330782", "numbered": False}
        assert UUID(child).version == 4

    async def test_its_region_hears_of_it_without_learning_who_it_is(self, world: World) -> None:
        before = await world.rows(EVENTS)
        child = await child_of_mother(world)
        [event] = [row for row in await world.rows(EVENTS) if row not in before]
        assert event.type == "party.registered.v1"
        assert event.topic == "evt.party.registered.person.33.07.82"
        assert event.subject == child
        assert MOTHER_NUMBER not in str(event)
        assert str(world.people["mother"]) not in str(event)

    async def test_the_books_name_the_officer(self, world: World) -> None:
        child = await child_of_mother(world)
        [(by,)] = await world.rows(f"SELECT registered_by FROM parties WHERE id = '{child}'")  # noqa: S608 - ours
        assert by == f"department:hospital/{OFFICERS['hospital']}"

    async def test_the_same_request_again_makes_no_second_child(self, world: World) -> None:
        key = str(new_id())
        answers = await asyncio.gather(*(world.register(world.people["mother"], key=key) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await count(world, "parties") == 3

    async def test_the_key_of_another_birth_is_refused(self, world: World) -> None:
        key = str(new_id())
        await world.register(world.people["mother"], key=key)
        answer = await world.register(world.people["mother"], key=key, born_on="2026-03-01")
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")

    async def test_twins_are_two(self, world: World) -> None:
        assert await child_of_mother(world) != await child_of_mother(world)

    async def test_a_mother_whom_nobody_knows_is_not_found(self, world: World) -> None:
        answer = await world.register(uuid4())
        assert (answer.status_code, answer.json()["code"]) == (404, "party-not-found")

    @pytest.mark.parametrize(
        ("born_on", "code"),
        [
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
        ],
    )
    async def test_d_series_an_impossible_birth_is_refused(self, world: World, born_on: object, code: str) -> None:
        answer = await world.register(world.people["mother"], born_on=born_on)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert await count(world, "parties") == 2

    @pytest.mark.parametrize(
        "extra",
        [
            {"id_number": NEWBORN_NUMBER},
            {"id": "00000000-0000-4000-8000-000000000000"},
            {"region": "110105"},
            {"__proto__": {}},
            {"kind": "organisation"},
            {"kind": {"$gt": ""}},
            {"relation": {"kind": "father", "of": "00000000-0000-4000-8000-000000000000"}},
            {"relation": {"kind": "mother", "of": MOTHER_NUMBER}},
            {"relation": None},
        ],
        ids=str,
    )
    async def test_j7_what_a_registration_does_not_know_is_refused(self, world: World, extra: dict[str, Any]) -> None:
        answer = await world.register(world.people["mother"], **extra)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert NEWBORN_NUMBER not in answer.text
        assert MOTHER_NUMBER not in answer.text
        assert await count(world, "parties") == 2

    async def test_an_act_needs_a_key(self, world: World) -> None:
        body = {"kind": "person", "relation": {"kind": "mother", "of": str(world.people["mother"])}}
        answer = await world.http.post("/v1/parties", json=body, headers=await world.bearer("hospital"))
        assert answer.status_code == 422


class TestNumbering:
    async def test_the_assigning_authority_gives_a_newborn_its_number(self, world: World) -> None:
        child = await child_of_mother(world)
        answer = await world.assign(child, NEWBORN_NUMBER)
        assert (answer.status_code, answer.json()["numbered"]) == (200, True)
        assert (await world.resolve(NEWBORN_NUMBER)).json() == {"items": [{"party": child}]}

    async def test_the_same_number_again_changes_nothing(self, world: World) -> None:
        child = await child_of_mother(world)
        answers = [await world.assign(child, NEWBORN_NUMBER) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert await count(world, "identity_numbers") == 3

    async def test_a_party_has_one_number(self, world: World) -> None:
        answer = await world.assign(str(world.people["mother"]), NEWBORN_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (409, "party-already-numbered")

    async def test_i21_a_number_has_one_party(self, world: World) -> None:
        answer = await world.assign(await child_of_mother(world), MOTHER_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (409, "identity-number-taken")
        assert await count(world, "identity_numbers") == 2

    async def test_two_authorities_at_once_give_one_number_to_one(self, world: World) -> None:
        children = [await child_of_mother(world) for _ in range(2)]
        answers = await asyncio.gather(*(world.assign(child, NEWBORN_NUMBER) for child in children))
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_a_department_that_is_not_the_authority_may_not(self, world: World) -> None:
        child = await child_of_mother(world)
        answer = await world.assign(child, NEWBORN_NUMBER, client="medical-insurance")
        assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")
        assert await count(world, "identity_numbers") == 2

    async def test_nobody_is_numbered_who_is_not_there(self, world: World) -> None:
        answer = await world.assign(str(uuid4()), NEWBORN_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (404, "party-not-found")

    async def test_a_persons_number_is_no_credit_code(self, world: World) -> None:
        answer = await world.assign(await child_of_mother(world), "91330100MA2TEXT01G")
        assert (answer.status_code, answer.json()["code"]) == (422, "identity-number-not-valid")


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


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
class TestBadNumbers:
    """The I series on every route that takes a number: 4xx, a stable code, no echo, no row, no event."""

    async def check(self, world: World, answer: Any, text: str, reason: str) -> None:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        if "\0" in text:
            assert (answer.status_code, problem["code"]) == (400, "malformed-json")
        else:
            assert (answer.status_code, problem["code"]) == (422, "identity-number-not-valid")
            assert problem["reason"] == reason
        assert not text or text not in answer.text

    async def test_no_identification_starts(self, world: World, text: str, reason: str) -> None:
        await self.check(world, await world.start(text), text, reason)
        assert await count(world, "identifications") == 0

    async def test_nobody_gets_it(self, world: World, text: str, reason: str) -> None:
        child = await child_of_mother(world)
        events = await count(world, "outbox")
        await self.check(world, await world.assign(child, text), text, reason)
        assert (await count(world, "identity_numbers"), await count(world, "outbox")) == (2, events)

    async def test_nobody_is_looked_up_by_it(self, world: World, text: str, reason: str) -> None:
        events = await count(world, "outbox")
        answer = await world.resolve(text)
        assert 400 <= answer.status_code < 500
        assert not text or text not in answer.text
        assert (await count(world, "lookups"), await count(world, "outbox")) == (0, events)


@pytest.mark.parametrize(
    "number", [330782188808080012, 1.5, None, True, ["330782188808080012"], {"$ref": "#"}, "x" * 65]
)
async def test_i17_a_number_is_a_text(world: World, number: object) -> None:
    answers = [
        await world.http.post(
            "/v1/identifications",
            json={"method": "id-card", "id_number": number},
            headers=await world.bearer("app"),
        ),
        await world.http.post(
            f"/v1/parties/{world.people['mother']}/number",
            json={"id_number": number},
            headers=await world.bearer("public-security"),
        ),
        await world.http.post(
            "/v1/parties/resolve",
            json={"parties": [{"id_number": number}], "purpose": "duty"},
            headers=await world.bearer("hospital"),
        ),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert "330782188808080012" not in answer.text


@pytest.mark.parametrize("path", ["/v1/parties/{}", "/v1/parties/{}/number", "/v1/parties?id_number={}"])
async def test_i23_there_is_no_route_with_a_number_in_it(world: World, path: str) -> None:
    headers = await world.bearer("public-security")
    answer = await world.http.get(path.format(MOTHER_NUMBER), headers=headers)
    assert answer.status_code in {404, 405}
    assert MOTHER_NUMBER not in answer.text
    if path.endswith("number"):
        assert (await world.assign(MOTHER_NUMBER, NEWBORN_NUMBER)).status_code == 404


async def test_nothing_stored_shows_a_number_a_telephone_or_a_code(world: World) -> None:
    child = await child_of_mother(world)
    await world.assign(child, NEWBORN_NUMBER)
    await world.resolve(MOTHER_NUMBER, UNKNOWN_NUMBER)
    await world.start(MOTHER_NUMBER, method="one-time-code")
    stored = await world.everything_stored()
    assert child in stored
    for secret in (MOTHER_NUMBER, FATHER_NUMBER, NEWBORN_NUMBER, UNKNOWN_NUMBER, "+86-000-0001"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def test_no_log_line_shows_a_number_or_a_telephone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.assign(await child_of_mother(world), NEWBORN_NUMBER)
    await world.assign(await child_of_mother(world), NEWBORN_NUMBER)
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

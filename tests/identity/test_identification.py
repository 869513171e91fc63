"""Presenting one identification and proving it, end to end."""

import pytest
from sqlalchemy import text

from identity.identification.commands import forget_ended
from shared.jose import NotTrusted, verify_jws
from tests.identity.world import FATHER_NUMBER, MOTHER_NUMBER, UNKNOWN_NUMBER, World, card_response
from tests.support.clock import FrozenClock


async def test_a_card_that_signs_the_challenge_proves_who_its_holder_is(world: World) -> None:
    claims = await verify_jws(await world.identify("mother"), keys=world.service.keyring, typ="identification+jwt")
    assert claims["sub"] == str(world.people["mother"])
    assert claims["aud"] == "app"
    assert claims["acr"] == 2
    assert claims["exp"] - claims["iat"] == 120


async def test_a_person_becomes_a_caller_known_by_a_party_id(world: World) -> None:
    header = await world.person("mother")
    caller = await world.service.verifier.verify(header["authorization"].removeprefix("Bearer "))
    assert (caller.kind, caller.party, caller.acr) == ("person", world.people["mother"], 2)
    assert (caller.act, caller.scopes, caller.region) == ("app", frozenset({"applicant"}), "330782")


async def test_a_code_that_reached_the_telephone_proves_less(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER, method="one-time-code")).json()
    [(identification, phone, code)] = world.inbox.sent
    proved = await world.prove(started["id"], code)
    assert (str(identification), phone, len(code)) == (started["id"], "+86-000-0001", 6)
    assert (proved.status_code, proved.json()["assurance"]) == (200, 1)


@pytest.mark.parametrize("method", ["id-card", "one-time-code"])
async def test_unknown_and_known_numbers_are_answered_alike(world: World, method: str) -> None:
    answers = [await world.start(number, method=method) for number in (MOTHER_NUMBER, UNKNOWN_NUMBER)]
    assert [answer.status_code for answer in answers] == [201, 201]
    shapes = [{name: len(str(value)) for name, value in answer.json().items()} for answer in answers]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("method", ["id-card", "one-time-code"])
async def test_wrong_proofs_of_unknown_and_known_numbers_are_refused_alike(world: World, method: str) -> None:
    problems = []
    for number in (MOTHER_NUMBER, UNKNOWN_NUMBER):
        started = (await world.start(number, method=method)).json()
        answer = await world.prove(started["id"], "000000x")
        problems.append((answer.status_code, {**answer.json(), "correlation_id": None}))
    assert problems[0] == problems[1]
    assert problems[0][0] == 401
    assert problems[0][1]["code"] == "proof-not-accepted"


async def test_nothing_is_sent_for_a_number_that_nobody_has(world: World) -> None:
    await world.start(UNKNOWN_NUMBER, method="one-time-code")
    assert world.inbox.sent == []


async def test_a_small_x_presents_the_same_person(world: World) -> None:
    await world.start("33020318880808001x")
    await world.start("33020318880808001X")
    assert await world.rows("SELECT count(DISTINCT blind_index) FROM identifications") == [(1,)]


async def test_another_persons_card_proves_nothing(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    answer = await world.prove(started["id"], card_response("father", started["challenge"]))
    assert answer.json()["code"] == "proof-not-accepted"


async def test_the_answer_to_another_challenge_proves_nothing(world: World) -> None:
    first, second = (await world.start(MOTHER_NUMBER)).json(), (await world.start(MOTHER_NUMBER)).json()
    assert (await world.prove(first["id"], card_response("mother", second["challenge"]))).status_code == 401


async def test_t16_the_code_of_another_identification_proves_nothing(world: World) -> None:
    first = (await world.start(MOTHER_NUMBER, method="one-time-code")).json()
    await world.start(MOTHER_NUMBER, method="one-time-code")
    assert (await world.prove(first["id"], world.inbox.sent[1][2])).status_code == 401


async def test_t16_after_five_wrong_tries_the_right_answer_comes_too_late(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    left = [(await world.prove(started["id"], "wrong")).json()["tries_left"] for _ in range(5)]
    answer = await world.prove(started["id"], card_response("mother", started["challenge"]))
    assert left == [4, 3, 2, 1, 0]
    assert (answer.status_code, answer.json()["code"]) == (401, "identification-closed")


async def test_t16_a_proof_is_good_once(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER, method="one-time-code")).json()
    code = world.inbox.sent[0][2]
    assert (await world.prove(started["id"], code)).status_code == 200
    assert (await world.prove(started["id"], code)).json()["code"] == "identification-closed"


async def test_t16_a_client_cannot_declare_itself_verified(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    path = f"/v1/identifications/{started['id']}/proof"
    body = {"response": "x", "otp_verified": True}
    answer = await world.http.post(path, json=body, headers=await world.bearer("app"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_a_proof_comes_within_five_minutes(world: World, clock: FrozenClock) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    clock.advance(minutes=5)
    answer = await world.prove(started["id"], card_response("mother", started["challenge"]))
    assert answer.json()["code"] == "identification-closed"


async def test_another_client_does_not_see_the_identification(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    answer = await world.prove(started["id"], card_response("mother", started["challenge"]), client="other-app")
    assert (answer.status_code, answer.json()["code"]) == (404, "identification-not-found")


async def test_an_answer_of_impossible_length_is_not_read(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    for response in ("", "A" * 201):
        assert (await world.prove(started["id"], response)).status_code == 422


async def test_t20_a_signature_of_zeros_or_rubbish_proves_nothing(world: World) -> None:
    started = (await world.start(MOTHER_NUMBER)).json()
    for response in ("A" * 86, "不是签名", "=" * 86, "\U0001f600" * 3):
        assert (await world.prove(started["id"], response)).json()["code"] == "proof-not-accepted", response


class TestEnumeration:
    """I24: who presents many numbers and proves none is stopped, whether or not they were known."""

    @pytest.mark.parametrize("number", [MOTHER_NUMBER, UNKNOWN_NUMBER])
    async def test_the_eleventh_unproved_start_within_a_minute_is_refused(self, world: World, number: str) -> None:
        for _ in range(10):
            assert (await world.start(number)).status_code == 201
        answer = await world.start(number)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert answer.json()["code"] == "too-many-identifications"

    async def test_other_devices_of_the_same_app_are_not_held_up(self, world: World) -> None:
        for _ in range(10):
            await world.start(UNKNOWN_NUMBER, device="guesser")
        assert (await world.start(MOTHER_NUMBER, device="guesser")).status_code == 429
        assert (await world.start(MOTHER_NUMBER, device="somebody-else")).status_code == 201

    async def test_devices_that_share_one_number_are_held_up_together(self, world: World) -> None:
        for device in range(10):
            await world.start(MOTHER_NUMBER, device=f"device-{device}")
        assert (await world.start(MOTHER_NUMBER, device="another")).status_code == 429
        assert (await world.start(FATHER_NUMBER, device="another")).status_code == 201

    async def test_proved_identifications_do_not_count(self, world: World) -> None:
        for _ in range(11):
            await world.identify("mother")

    async def test_a_minute_later_all_is_forgiven(self, world: World, clock: FrozenClock) -> None:
        for _ in range(10):
            await world.start(UNKNOWN_NUMBER)
        clock.advance(seconds=60)
        assert (await world.start(MOTHER_NUMBER)).status_code == 201

    @pytest.mark.parametrize("number", [MOTHER_NUMBER, UNKNOWN_NUMBER])
    async def test_patient_guessing_of_codes_is_stopped_for_a_day_and_the_card_still_works(
        self, world: World, clock: FrozenClock, number: str
    ) -> None:
        for guesser in range(10):
            started = (await world.start(number, method="one-time-code", device=f"device-{guesser}")).json()
            for _ in range(5):
                await world.prove(started["id"], "wrong!")
        clock.advance(minutes=2)
        answer = await world.start(number, method="one-time-code", device="another")
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-identifications")
        assert (await world.start(number, device="another")).status_code == 201
        clock.advance(days=1)
        assert (await world.start(number, method="one-time-code")).status_code == 201


async def test_ended_identifications_are_forgotten(world: World, clock: FrozenClock) -> None:
    await world.start(MOTHER_NUMBER)
    async with world.service.database.transaction() as conn:
        await forget_ended(conn, at=clock.advance(days=2))
        assert (await conn.execute(text("SELECT count(*) FROM identifications"))).scalar_one() == 0


async def test_an_identification_token_opens_no_route(world: World) -> None:
    headers = {"authorization": f"Bearer {await world.identify('mother')}"}
    assert (await world.http.get("/v1/me/representations", headers=headers)).status_code == 401


async def test_an_access_token_is_no_identification_token(world: World) -> None:
    token = (await world.person("mother"))["authorization"].removeprefix("Bearer ")
    with pytest.raises(NotTrusted):
        await verify_jws(token, keys=world.service.keyring, typ="identification+jwt")

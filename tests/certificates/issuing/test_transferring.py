"""From one department to another: let go, called back, taken over."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from certificates.issuing.errors import AnotherInForce, CertificateNotFound, ReceiverNotKnown, StateNotFitting
from certificates.issuing.model import STATE_CODES, Certificate, Operation, State
from certificates.issuing.rules import CertificateNumber
from certificates.verification.offline import open_document
from tests.certificates.issuing.acts import act, call_back, fire, let_go, now_held, renew, revoke, take_over
from tests.certificates.issuing.test_api import managing
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import CHILD, World, a_card, a_decided_case, a_yield
from tests.shared.evidence.grants import BIRTH


async def on_its_way(world: World, **changes: object) -> UUID:
    certificate = await world.issued(a_decided_case(a_yield(**changes)))
    await let_go(world, certificate)
    return certificate


async def withdrawn(world: World) -> list[tuple[str, str]]:
    """Who was told that there is nothing to take over any more, and why."""
    told = await world.events("certificate.transfer-withdrawn%")
    return [(each["topic"].split(".")[1], each["data"]["change"]) for each in told]


class TestLettingGo:
    async def test_it_is_out_of_use_and_the_other_department_may_see_it(self, world: World) -> None:
        certificate = await world.issued()
        path = f"/v1/certificates/{certificate}"
        body = {"reason": "The holder moved.", "to": SECURITY.code}
        reply = await world.http.post(f"{path}/transfer-out", json=body, headers=managing(world))
        assert (reply.status_code, reply.json()["state"], reply.json()["state_code"]) == (200, "transferred", "06")
        seen = await world.http.get(path, headers=managing(world, SECURITY.code))
        assert seen.json()["state"] == "transferred"

    async def test_it_is_told_with_where_it_goes(self, world: World) -> None:
        certificate = await on_its_way(world)
        (event,) = await world.events("certificate.transferred%")
        assert (event["subject"], event["version"]) == (certificate, 2)
        assert (event["data"]["state"], event["data"]["to"]) == ("transferred", SECURITY.code)

    async def test_the_department_that_may_have_it_is_told_and_nobody_else(self, world: World) -> None:
        certificate = await on_its_way(world, valid_until=date(2026, 3, 31))
        (notice,) = await world.events("certificate.transfer-%")
        assert (notice["type"], notice["topic"]) == (
            "certificate.transfer-offered.v1",
            f"to.{SECURITY.code}.certificate.transfer-offered",
        )
        assert notice["data"] == {
            "certificate": str(certificate),
            "kind": BIRTH,
            "party": str(CHILD),
            "issuer": HEALTH.code,
            "valid_until": "2026-03-31",
        }

    async def test_a_verifier_is_told_so(self, world: World) -> None:
        number = (await now_held(world, await on_its_way(world))).number
        answer = (await world.http.post("/v1/verifications", json={"number": number})).json()
        assert (answer["state"], answer["reasons"][0]["code"]) == ("transferred", "transferred")

    @pytest.mark.parametrize("to", [HEALTH.code, "never-heard-of"])
    async def test_only_to_another_department_of_the_catalogue(self, world: World, to: str) -> None:
        certificate = await world.issued()
        with pytest.raises(ReceiverNotKnown):
            await let_go(world, certificate, to)
        assert (await now_held(world, certificate)).state is State.VALID

    async def test_meanwhile_its_issuer_does_nothing_else_to_it(self, world: World) -> None:
        certificate = await on_its_way(world)
        for doing in (renew(world, certificate), revoke(world, certificate), let_go(world, certificate)):
            with pytest.raises(StateNotFitting):
                await doing

    async def test_on_its_way_it_still_expires(self, world: World) -> None:
        certificate = await on_its_way(world, valid_until=date(2026, 3, 31))
        await fire(world, datetime(2026, 3, 31, 16, tzinfo=UTC))
        assert await withdrawn(world) == [(SECURITY.code, "expired")]
        assert (await now_held(world, certificate)).state is State.EXPIRED
        with pytest.raises(StateNotFitting):
            await take_over(world, certificate)


class TestCallingBack:
    async def test_it_is_in_force_again_and_the_other_may_take_it_no_more(self, world: World) -> None:
        certificate = await on_its_way(world)
        assert (await call_back(world, certificate)).state is State.VALID
        with pytest.raises(CertificateNotFound):
            await take_over(world, certificate)
        (event,) = await world.events("certificate.transferred-back%")
        assert (event["version"], event["data"]["state"]) == (3, "valid")
        assert await withdrawn(world) == [(SECURITY.code, "called-back")]

    async def test_what_was_not_let_go_cannot_be_called_back(self, world: World) -> None:
        with pytest.raises(StateNotFitting):
            await call_back(world, await world.issued())

    async def test_where_the_holder_got_another_card_meanwhile_it_stays_away(self, world: World) -> None:
        card = await world.issued(a_decided_case(a_card()))
        await let_go(world, card)
        await world.issued(a_decided_case(a_card()))
        for doing in (call_back(world, card), take_over(world, card)):
            with pytest.raises(AnotherInForce):
                await doing
        assert (await now_held(world, card)).state is State.TRANSFERRED


class TestTakingOver:
    async def test_a_new_certificate_of_the_other_department_stands_in_its_place(self, world: World) -> None:
        old = await now_held(world, await on_its_way(world))
        new = await take_over(world, old.id)
        assert (new.state, new.issuer, new.predecessor) == (State.VALID, SECURITY.code, old.id)
        assert (new.claims, new.holder, new.valid_until) == (old.claims, old.holder, old.valid_until)
        number = CertificateNumber.parse(new.number)
        assert (number.issuer, number.version, number.agrees) == (SECURITY.uscc, "001", True)
        assert (await now_held(world, old.id)).state is State.EXPIRED

    async def test_its_document_is_sealed_by_the_other_department_and_names_the_old_number(self, world: World) -> None:
        old = await now_held(world, await on_its_way(world))
        new = await take_over(world, old.id)
        content = open_document(new.sealed.encode(), world.service.signer.root_pem)
        assert (content.issuer.department, content.issuer.name) == (SECURITY.code, SECURITY.name)
        assert content.predecessor == old.number

    async def test_both_are_told(self, world: World) -> None:
        old = await on_its_way(world)
        new = await take_over(world, old)
        issued, transferred, offered, renewed, expired = await world.events()
        assert (issued["version"], transferred["version"], offered["version"]) == (1, 2, 2)
        assert (renewed["data"]["operation"], renewed["data"]["issuer"]) == ("transfer-in", SECURITY.code)
        assert (expired["data"]["successor"], expired["data"]["operation"]) == (str(new.id), "transfer-in")

    async def test_only_by_the_department_that_it_goes_to(self, world: World) -> None:
        certificate = await on_its_way(world)
        for department in (HEALTH.code, "tax"):
            with pytest.raises(CertificateNotFound):
                await take_over(world, certificate, department)
        assert (await now_held(world, certificate)).state is State.TRANSFERRED

    async def test_over_http_it_answers_with_the_new_certificate_once(self, world: World) -> None:
        certificate = await on_its_way(world)
        path, headers = f"/v1/certificates/{certificate}/transfer-in", managing(world, SECURITY.code)
        replies = [await world.http.post(path, json={"reason": "It is ours now."}, headers=headers) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [201, 201]
        assert replies[0].text == replies[1].text
        assert replies[0].json()["predecessor"] == str(certificate)

    async def test_called_back_and_taken_over_at_once_one_of_them_wins(self, world: World) -> None:
        for _ in range(5):
            certificate = await on_its_way(world)
            done = await asyncio.gather(
                call_back(world, certificate), take_over(world, certificate), return_exceptions=True
            )
            assert sum(isinstance(each, Certificate) for each in done) == 1
            rows = await world.rows(
                "SELECT id FROM certificates WHERE state = 'valid' AND (id = :id OR predecessor = :id)", id=certificate
            )
            assert len(rows) == 1

    async def test_the_new_issuer_acts_on_it_and_the_old_one_no_more(self, world: World) -> None:
        new = await take_over(world, await on_its_way(world))
        with pytest.raises(CertificateNotFound):
            await revoke(world, new.id)
        revoked = await act(world, new.id, Operation.REVOCATION, "fraud", department=SECURITY.code)
        assert revoked.state is State.REVOKED


def test_every_state_has_its_code() -> None:
    assert STATE_CODES.keys() == set(State)
    assert len(set(STATE_CODES.values())) == len(State)

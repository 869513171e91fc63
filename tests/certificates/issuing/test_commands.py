"""From a decided case to certificates, and what is done to them afterwards."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from certificates.issuing.errors import CertificateNotFound, GroundNotKnown, StateNotFitting, YieldNotAsDecided
from certificates.issuing.model import GROUNDS, Certificate, Operation, State
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.errors import NoSealKey, NotSealable
from certificates.sealing.rules import thumbprint_of
from certificates.verification.offline import open_document
from tests.certificates.issuing.acts import act, fire, issue, now_held, revoke, withhold
from tests.certificates.seals import HEALTH, SECURITY, TYPE_CODE
from tests.certificates.world import CHILD, World, a_decided_case, a_yield


class TestIssuing:
    async def test_a_decided_case_gives_a_numbered_and_sealed_certificate(self, world: World) -> None:
        certificate = await now_held(world, await world.issued())
        number = CertificateNumber.parse(certificate.number)
        assert number.agrees
        assert (number.type_code, number.issuer, number.version) == (TYPE_CODE, HEALTH.uscc, "001")
        assert (certificate.state, certificate.holder, certificate.issuer) == (State.VALID, CHILD, HEALTH.code)
        assert certificate.issued_on == date(2026, 3, 11)
        content = open_document(certificate.sealed.encode(), world.service.signer.root_pem)
        assert (content.number, content.claims) == (certificate.number, certificate.claims)

    async def test_the_event_names_no_number_and_no_claim_and_goes_where_the_holder_lives(self, world: World) -> None:
        decided = a_decided_case()
        certificate = await world.issued(decided)
        (event,) = await world.events()
        assert event["topic"] == "evt.certificate.issued.birth-medical-certificate.33.07.82"
        assert (event["subject"], event["version"]) == (certificate, 1)
        assert event["data"] == {
            "certificate": str(certificate),
            "kind": "birth-medical-certificate",
            "party": str(CHILD),
            "issuer": HEALTH.code,
            "state": "valid",
            "issued_on": "2026-03-11",
            "valid_until": None,
            "case": str(decided.case),
            "index": 0,
            "predecessor": None,
        }

    async def test_every_certificate_of_a_case_is_issued_and_no_record(self, world: World) -> None:
        decided = a_decided_case(
            a_yield(), a_yield(index=1, kind="social-security-card"), a_yield(index=2, type="record", type_code=None)
        )
        assert len(await issue(world, decided)) == 2
        assert [event["data"]["index"] for event in await world.events()] == [0, 1]

    async def test_again_makes_nothing_and_tells_nothing(self, world: World) -> None:
        decided = a_decided_case(a_yield(valid_until=date(2029, 3, 10)))
        first = await issue(world, decided)
        assert [await issue(world, decided) for _ in range(10)] == [[]] * 10
        assert await world.rows("SELECT id FROM certificates") == [{"id": first[0]}]
        assert len(await world.events()) == 1

    async def test_ten_at_once_make_one(self, world: World) -> None:
        decided = a_decided_case()
        made = await asyncio.gather(*(issue(world, decided) for _ in range(10)))
        assert sum(map(len, made)) == 1
        assert len(await world.rows("SELECT id FROM certificates")) == len(await world.events()) == 1

    async def test_numbers_of_the_same_kind_and_issuer_differ(self, world: World) -> None:
        numbers = {(await now_held(world, await world.issued())).number for _ in range(5)}
        assert len(numbers) == 5

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"department": "tax"}, NoSealKey),
            ({"issuer_uscc": SECURITY.uscc}, NoSealKey),
            ({"yields": (a_yield(type_code=None),)}, YieldNotAsDecided),
            ({"yields": (a_yield(claims={"amount": 2.0**60}),)}, NotSealable),
        ],
    )
    async def test_what_cannot_be_sealed_leaves_nothing_behind(
        self, world: World, change: dict[str, object], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            await issue(world, a_decided_case().model_copy(update=change))
        assert await world.rows("SELECT id FROM certificates") == await world.events() == []

    async def test_a_seal_whose_certificate_ran_out_is_not_set(self, world: World) -> None:
        world.service.clock.advance(days=6 * 365)  # type: ignore[attr-defined]  # the clock of tests
        with pytest.raises(NoSealKey):
            await issue(world, a_decided_case())


class TestOperations:
    async def test_withholding_and_reinstatement(self, world: World) -> None:
        certificate = await world.issued()
        withheld = await act(world, certificate, Operation.WITHHOLDING, "suspension-penalty")
        given_back = await act(world, certificate, Operation.REINSTATEMENT, "withholding-ended")
        assert (withheld.state, given_back.state) == (State.WITHHELD, State.VALID)
        events = [(event["type"], event["version"], event["data"]["state"]) for event in await world.events()]
        assert events[1:] == [("certificate.withheld.v1", 2, "withheld"), ("certificate.reinstated.v1", 3, "valid")]

    @pytest.mark.parametrize(
        ("ground", "state"),
        [("fraud", State.REVOKED), ("holder-dead-or-incapable", State.CANCELLED), ("penalty", State.WITHDRAWN)],
    )
    async def test_the_ground_decides_which_ending_it_is(self, world: World, ground: str, state: State) -> None:
        certificate = await world.issued()
        assert (await revoke(world, certificate, ground)).state is state
        event = (await world.events("certificate.revoked%"))[0]
        assert (event["data"]["state"], event["data"]["ground"]) == (state, ground)

    async def test_ground_reason_and_officer_are_on_record(self, world: World) -> None:
        certificate = await world.issued()
        await revoke(world, certificate)
        history = await world.rows("SELECT * FROM operations ORDER BY revision")
        assert [row["operation"] for row in history] == ["issuing", "revocation"]
        assert (history[1]["ground"], history[1]["reason"], history[1]["officer"]) == ("fraud", "a reason", "officer-1")

    async def test_what_has_ended_cannot_be_given_back_or_ended_again(self, world: World) -> None:
        certificate = await world.issued()
        await revoke(world, certificate)
        for operation, ground in (
            (Operation.WITHHOLDING, "evidence-preservation"),
            (Operation.REINSTATEMENT, "withholding-ended"),
            (Operation.REVOCATION, "penalty"),
        ):
            with pytest.raises(StateNotFitting):
                await act(world, certificate, operation, ground)
        assert len(await world.events()) == 2

    @pytest.mark.parametrize(
        ("operation", "ground"),
        [(Operation.WITHHOLDING, "fraud"), (Operation.REVOCATION, "because"), (Operation.REINSTATEMENT, "penalty")],
    )
    async def test_a_ground_of_another_operation_is_refused(
        self, world: World, operation: Operation, ground: str
    ) -> None:
        with pytest.raises(GroundNotKnown):
            await act(world, await world.issued(), operation, ground)

    async def test_another_department_finds_nothing(self, world: World) -> None:
        certificate = await world.issued()
        with pytest.raises(CertificateNotFound):
            await act(world, certificate, Operation.REVOCATION, "fraud", department=SECURITY.code)
        assert (await now_held(world, certificate)).state is State.VALID

    async def test_twenty_at_once_revoke_once(self, world: World) -> None:
        certificate = await world.issued()
        done = await asyncio.gather(*(revoke(world, certificate) for _ in range(20)), return_exceptions=True)
        assert sum(isinstance(each, Certificate) for each in done) == 1
        assert sum(isinstance(each, StateNotFitting) for each in done) == 19
        assert len(await world.events("certificate.revoked%")) == 1


class TestExpiry:
    async def expiring(self, world: World) -> UUID:
        return (await issue(world, a_decided_case(a_yield(valid_until=date(2026, 3, 31)))))[0]

    async def test_a_certificate_expires_when_its_last_day_is_over_in_shanghai(self, world: World) -> None:
        certificate = await self.expiring(world)
        midnight = datetime(2026, 3, 31, 16, tzinfo=UTC)
        await fire(world, midnight - timedelta(seconds=1))
        assert (await now_held(world, certificate)).state is State.VALID
        await fire(world, midnight)
        assert (await now_held(world, certificate)).state is State.EXPIRED
        assert [event["type"] for event in await world.events()][1:] == ["certificate.expired.v1"]

    async def test_a_revoked_certificate_does_not_expire(self, world: World) -> None:
        certificate = await self.expiring(world)
        await revoke(world, certificate)
        await fire(world, datetime(2026, 4, 2, tzinfo=UTC))
        assert (await now_held(world, certificate)).state is State.REVOKED

    async def test_a_withheld_certificate_expires_all_the_same(self, world: World) -> None:
        certificate = await self.expiring(world)
        await withhold(world, certificate)
        await fire(world, datetime(2026, 3, 31, 16, tzinfo=UTC))
        assert (await now_held(world, certificate)).state is State.EXPIRED
        assert [event["version"] for event in await world.events("certificate.expired%")] == [3]

    async def test_an_expired_certificate_can_still_be_cancelled(self, world: World) -> None:
        certificate = await self.expiring(world)
        await fire(world, datetime(2026, 4, 2, tzinfo=UTC))
        with pytest.raises(StateNotFitting):
            await revoke(world, certificate, "fraud")
        assert (await revoke(world, certificate, "expired-not-renewed")).state is State.CANCELLED


def test_every_ground_has_its_article_and_leads_somewhere_else() -> None:
    for ground in GROUNDS.values():
        assert ground.article.startswith(("ALL ", "APL ", "Z-REG "))
        assert ground.end not in ground.start


async def test_every_use_of_a_seal_is_on_record_and_stays_there(world: World) -> None:
    certificate = await world.issued()
    [use] = await world.rows("SELECT holder, key, form, certificate FROM seal_uses")
    key = thumbprint_of(world.service.signer.certificate_of(HEALTH.code))
    assert use == {"holder": HEALTH.code, "key": key, "form": "certificate", "certificate": certificate}
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await world.as_owner("DELETE FROM seal_uses")

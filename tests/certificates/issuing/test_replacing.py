"""A new version takes the place of the one before: renewed, changed, or issued anew where nobody has two."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from certificates.issuing.errors import (
    CertificateNotFound,
    ClaimsNotValid,
    GroundNotKnown,
    NothingChanged,
    StateNotFitting,
    TermNotFitting,
    YieldNotAsDecided,
)
from certificates.issuing.model import Certificate, Operation, State
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.errors import NoSealKey
from certificates.verification.offline import open_document
from tests.certificates.issuing.acts import (
    act,
    change,
    fire,
    issue,
    now_held,
    renew,
    renew_in,
    revoke,
    withhold,
)
from tests.certificates.seals import SECURITY
from tests.certificates.world import CHILD, STRANGER, World, a_card, a_decided_case, a_yield

UNTIL = date(2029, 3, 10)


async def ending(world: World, **changes: object) -> UUID:
    """A certificate with an end."""
    return await world.issued(a_decided_case(a_yield(**{"valid_until": UNTIL, **changes})))


def serial_and_version(certificate: Certificate) -> tuple[str, str]:
    number = CertificateNumber.parse(certificate.number)
    assert number.agrees
    return number.serial, number.version


class TestRenewal:
    async def test_the_next_version_of_the_same_serial_is_in_force_and_the_old_one_expired(self, world: World) -> None:
        old = await now_held(world, await ending(world))
        new = await renew(world, old.id, date(2032, 3, 10))
        retired = await now_held(world, old.id)
        assert (new.state, retired.state) == (State.VALID, State.EXPIRED)
        assert (new.predecessor, new.holder, new.claims) == (old.id, old.holder, old.claims)
        assert (new.case, new.issued_on, new.valid_until) == (None, date(2026, 3, 11), date(2032, 3, 10))
        assert serial_and_version(old) == (serial := serial_and_version(new)[0], "001")
        assert serial_and_version(new) == (serial, "002")

    async def test_its_document_names_the_number_of_the_one_before(self, world: World) -> None:
        old = await now_held(world, await ending(world))
        new = await renew(world, old.id)
        content = open_document(new.sealed.encode(), world.service.signer.root_pem)
        assert (content.predecessor, content.version, content.number) == (old.number, "002", new.number)

    async def test_both_are_told_in_one_transaction_the_new_one_first(self, world: World) -> None:
        old = await ending(world)
        new = await renew(world, old)
        events = (await world.events())[1:]
        assert [(event["type"], event["subject"], event["version"]) for event in events] == [
            ("certificate.renewed.v1", new.id, 1),
            ("certificate.expired.v1", old, 2),
        ]
        assert events[0]["data"] == {
            "certificate": str(new.id),
            "kind": "birth-medical-certificate",
            "party": str(CHILD),
            "issuer": "health-commission",
            "state": "valid",
            "predecessor": str(old),
            "operation": "renewal",
            "issued_on": "2026-03-11",
            "valid_until": "2032-03-09",
        }
        assert (events[1]["data"]["successor"], events[1]["data"]["operation"]) == (str(new.id), "renewal")

    async def test_a_failure_leaves_the_old_one_as_it_was(self, world: World) -> None:
        old = await ending(world)
        with pytest.raises(RuntimeError, match="cut"):
            await self.cut_short(world, old)
        assert (await now_held(world, old)).state is State.VALID
        assert len(await world.rows("SELECT id FROM certificates")) == len(await world.events()) == 1

    async def cut_short(self, world: World, old: UUID) -> None:
        async with world.service.database.transaction() as conn:
            await renew_in(world, conn, old)
            raise RuntimeError("cut")

    async def test_only_the_new_one_expires_when_its_own_time_is_over(self, world: World) -> None:
        old = await ending(world)
        new = await renew(world, old, date(2032, 3, 10))
        await fire(world, datetime(2029, 3, 11, tzinfo=UTC))
        assert [(await now_held(world, each)).state for each in (old, new.id)] == [State.EXPIRED, State.VALID]
        await fire(world, datetime(2032, 3, 11, tzinfo=UTC))
        assert (await now_held(world, new.id)).state is State.EXPIRED
        assert len(await world.events("certificate.expired%")) == 2

    async def test_a_renewed_one_is_renewed_again_and_never_the_old_one(self, world: World) -> None:
        old = await ending(world)
        second = await renew(world, old)
        third = await renew(world, second.id)
        assert (third.predecessor, third.version) == (second.id, "003")
        with pytest.raises(StateNotFitting):
            await renew(world, old)

    async def test_twenty_at_once_make_one_successor(self, world: World) -> None:
        old = await ending(world)
        done = await asyncio.gather(*(renew(world, old) for _ in range(20)), return_exceptions=True)
        assert sum(isinstance(each, Certificate) for each in done) == 1
        assert sum(isinstance(each, StateNotFitting) for each in done) == 19
        assert len(await world.rows("SELECT id FROM certificates")) == 2

    async def test_ground_and_officer_stand_in_the_history_of_both(self, world: World) -> None:
        old = await ending(world)
        new = await renew(world, old)
        history = await world.rows("SELECT * FROM operations WHERE operation = 'renewal' ORDER BY revision")
        assert [row["certificate"] for row in history] == [new.id, old]
        assert {(row["ground"], row["reason"], row["officer"]) for row in history} == {
            ("term-ending", "a reason", "officer-1")
        }

    @pytest.mark.parametrize(
        "until", [date(2029, 3, 10), date(2029, 3, 9), date(2026, 3, 10), date(1, 1, 1), date(2126, 3, 12), date.max]
    )
    async def test_an_end_that_renews_nothing_is_refused(self, world: World, until: date) -> None:
        old = await ending(world)
        with pytest.raises(TermNotFitting):
            await renew(world, old, until)
        assert (await now_held(world, old)).state is State.VALID

    @pytest.mark.parametrize("ground", ["fraud", "holder-dead-or-incapable", "penalty"])
    async def test_what_has_ended_is_not_renewed(self, world: World, ground: str) -> None:
        old = await ending(world)
        await revoke(world, old, ground)
        with pytest.raises(StateNotFitting):
            await renew(world, old)

    async def test_what_is_withheld_is_first_given_back(self, world: World) -> None:
        old = await ending(world)
        await withhold(world, old)
        with pytest.raises(StateNotFitting):
            await renew(world, old)

    async def test_what_ran_out_a_moment_ago_is_not_renewed(self, world: World) -> None:
        """Whether or not the timer has come to it."""
        old = await ending(world)
        world.service.clock.advance(days=3 * 365 + 1)  # type: ignore[attr-defined]  # the clock of tests
        with pytest.raises(StateNotFitting):
            await renew(world, old)

    async def test_another_department_finds_nothing(self, world: World) -> None:
        with pytest.raises(CertificateNotFound):
            await renew(world, await ending(world), department=SECURITY.code)

    async def test_a_seal_that_ran_out_is_said_to_be_unavailable(self, world: World) -> None:
        old = await world.issued()
        world.service.clock.advance(days=6 * 365)  # type: ignore[attr-defined]  # the clock of tests
        with pytest.raises(NoSealKey):
            await renew(world, old)
        assert (await now_held(world, old)).state is State.VALID


class TestChange:
    async def test_the_new_version_says_what_is_right_and_keeps_the_rest(self, world: World) -> None:
        old = await now_held(world, await ending(world))
        new = await change(world, old.id, name="𠮷宝")
        assert new.claims == {**old.claims, "name": "𠮷宝"}
        assert (new.predecessor, new.version, new.valid_until) == (old.id, "002", old.valid_until)
        retired = await now_held(world, old.id)
        assert (retired.state, retired.claims) == (State.EXPIRED, old.claims)

    async def test_the_event_of_the_old_one_says_that_it_was_changed(self, world: World) -> None:
        old = await ending(world)
        new = await change(world, old, "facts-corrected", sex="male")
        (event,) = await world.events("certificate.expired%")
        assert (event["subject"], event["data"]["successor"], event["data"]["operation"]) == (
            old,
            str(new.id),
            "change",
        )
        assert "male" not in str(await world.events())

    async def test_one_that_is_not_in_force_yet_begins_when_it_was_to_begin(self, world: World) -> None:
        old = await ending(world, valid_from=date(2026, 4, 1))
        assert (await change(world, old, name="𠮷宝")).valid_from == date(2026, 4, 1)

    @pytest.mark.parametrize(
        "claims",
        [{}, {"weight": 1}, {"sex": "unknown"}, {"birth_date": "2026-02-30"}, {"name": "a\u202eb"}, {"name": 1}],
    )
    async def test_claims_that_its_kind_does_not_hold_are_refused(
        self, world: World, claims: dict[str, object]
    ) -> None:
        old = await ending(world)
        with pytest.raises(ClaimsNotValid):
            await change(world, old, **claims)  # type: ignore[arg-type]  # none of them is the ground
        assert (await now_held(world, old)).state is State.VALID

    async def test_a_change_that_changes_nothing_is_refused(self, world: World) -> None:
        with pytest.raises(NothingChanged):
            await change(world, await ending(world), sex="female")

    async def test_a_ground_of_another_operation_is_refused(self, world: World) -> None:
        with pytest.raises(GroundNotKnown):
            await change(world, await ending(world), "term-ending", sex="male")


class TestOnePerHolder:
    async def test_a_new_card_takes_the_place_of_the_old_one(self, world: World) -> None:
        old = await now_held(world, await world.issued(a_decided_case(a_card())))
        decided = a_decided_case(a_card())
        new = await now_held(world, await world.issued(decided))
        assert [(await now_held(world, each)).state for each in (old.id, new.id)] == [State.EXPIRED, State.VALID]
        assert (new.predecessor, new.case) == (old.id, decided.case)
        assert serial_and_version(new) == (serial_and_version(old)[0], "002")

    async def test_the_case_hears_of_its_card_and_others_of_what_became_of_the_old_one(self, world: World) -> None:
        old = await world.issued(a_decided_case(a_card()))
        decided = a_decided_case(a_card())
        new = await world.issued(decided)
        issued, expired = (await world.events())[1:]
        assert (issued["type"], issued["data"]["case"], issued["data"]["predecessor"]) == (
            "certificate.issued.v1",
            str(decided.case),
            str(old),
        )
        assert (expired["type"], expired["data"]["successor"], expired["data"]["operation"]) == (
            "certificate.expired.v1",
            str(new),
            "replacement",
        )

    async def test_a_withheld_card_is_not_lifted_by_a_new_one(self, world: World) -> None:
        old = await world.issued(a_decided_case(a_card()))
        await withhold(world, old)
        new = await world.issued(a_decided_case(a_card()))
        assert (await now_held(world, new)).state is State.WITHHELD
        assert (await now_held(world, old)).state is State.EXPIRED
        given_back = await act(world, new, Operation.REINSTATEMENT, "withholding-ended")
        assert given_back.state is State.VALID

    async def test_other_holders_other_kinds_and_what_has_ended_are_left_alone(self, world: World) -> None:
        theirs = await world.issued(a_decided_case(a_card(party=STRANGER)))
        other = await world.issued()
        ended = await world.issued(a_decided_case(a_card()))
        await revoke(world, ended)
        new = await now_held(world, await world.issued(a_decided_case(a_card())))
        states = [(await now_held(world, each)).state for each in (theirs, other, ended)]
        assert states == [State.VALID, State.VALID, State.REVOKED]
        assert (new.predecessor, new.version) == (None, "001")

    async def test_of_another_issuer_it_begins_a_number_of_its_own(self, world: World) -> None:
        old = await world.issued(a_decided_case(a_card()))
        changes = {"department": SECURITY.code, "department_name": SECURITY.name, "issuer_uscc": SECURITY.uscc}
        new = await now_held(world, await world.issued(a_decided_case(a_card()).model_copy(update=changes)))
        assert (new.predecessor, new.version, new.issuer) == (old, "001", SECURITY.code)

    async def test_cards_from_before_it_was_a_rule_all_make_room(self, world: World) -> None:
        before = [await world.issued(a_decided_case(a_card(one_per_holder=False))) for _ in range(3)]
        new = await now_held(world, await world.issued(a_decided_case(a_card())))
        assert {(await now_held(world, each)).state for each in before} == {State.EXPIRED}
        assert new.predecessor in before
        successors = {event["data"]["successor"] for event in await world.events("certificate.expired%")}
        assert successors == {str(new.id)}

    async def test_the_same_decision_again_replaces_nothing(self, world: World) -> None:
        await world.issued(a_decided_case(a_card()))
        decided = a_decided_case(a_card())
        made = await asyncio.gather(*(issue(world, decided) for _ in range(10)))
        assert sum(map(len, made)) == 1
        assert await self.in_force(world) == {made_id for each in made for made_id in each}
        assert len(await world.events()) == 3

    async def test_two_in_one_case_are_for_a_person_to_judge(self, world: World) -> None:
        with pytest.raises(YieldNotAsDecided):
            await issue(world, a_decided_case(a_card(), a_card(index=1)))
        assert await world.events() == []

    async def test_two_decisions_at_once_make_a_chain_of_which_one_is_in_force(self, world: World) -> None:
        for _ in range(10):
            await asyncio.gather(*(issue(world, a_decided_case(a_card())) for _ in range(2)))
            assert len(await self.in_force(world)) == 1
        await self.one_chain(world, length=20)

    async def test_many_decisions_and_renewals_at_once_make_a_chain_of_which_one_is_in_force(
        self, world: World
    ) -> None:
        await world.issued(a_decided_case(a_card()))
        for _ in range(5):
            [held] = await self.in_force(world)
            deeds = [issue(world, a_decided_case(a_card())) for _ in range(4)]
            await asyncio.gather(*deeds, *(renew(world, held) for _ in range(4)), return_exceptions=True)
            assert len(await self.in_force(world)) == 1
        await self.one_chain(world)

    async def test_many_cards_of_many_holders_at_once_do_not_stand_in_each_other_s_way(self, world: World) -> None:
        """Each case names the two in another order."""
        both = [
            a_decided_case(a_card(party=first), a_card(index=1, party=second))
            for first, second in [(CHILD, STRANGER), (STRANGER, CHILD)] * 2
        ]
        made = await asyncio.gather(*(issue(world, decided) for decided in both))
        assert sum(map(len, made)) == 8
        assert len(await self.in_force(world)) == 2

    async def test_the_database_keeps_to_it_whoever_forgets(self, world: World) -> None:
        old = await world.issued(a_decided_case(a_card()))
        await world.issued(a_decided_case(a_card()))
        with pytest.raises(IntegrityError, match="uq_certificates_one_per_holder"):
            await self.set_valid(world, old)

    async def set_valid(self, world: World, certificate: UUID) -> None:
        async with world.service.database.transaction() as conn:
            again = text("UPDATE certificates SET state = 'valid' WHERE id = :id")
            await conn.execute(again, {"id": certificate})

    async def in_force(self, world: World) -> set[UUID]:
        rows = await world.rows("SELECT id FROM certificates WHERE state IN ('valid', 'withheld')")
        return {row["id"] for row in rows}

    async def one_chain(self, world: World, *, length: int | None = None) -> None:
        """From the one in force, predecessor by predecessor, to the first: and no certificate is left over."""
        rows = {row["id"]: row for row in await world.rows("SELECT id, predecessor, version FROM certificates")}
        chain = list(await self.in_force(world))
        while (before := rows[chain[-1]]["predecessor"]) is not None:
            chain.append(before)
        assert set(chain) == set(rows)
        assert [rows[each]["version"] for each in reversed(chain)] == [f"{n + 1:03}" for n in range(len(rows))]
        assert length is None or len(chain) == length

"""What cases do about events and deadlines, as the worker wires them."""

from datetime import date
from uuid import UUID

import pytest

from licensing.calendar.commands import RECOUNT, RECOUNT_SUBJECT, load_year
from licensing.cases.model import State
from licensing.cases.subscribers import deadlines, reactions
from shared.contracts.events import CertificateIssued, RecordFiled
from shared.ids import new_id
from shared.messaging.envelope import Event, EventContract
from shared.timers import fire_due
from tests.licensing.calendar.notices import HOLIDAYS, SOURCE
from tests.licensing.cases.factories import CHILD
from tests.licensing.cases.world import CERTIFICATE, PAGE, POLICE, World


async def deliver(world: World, data: EventContract) -> None:
    (reaction,) = [r for r in reactions(world.office, clock=world.clock) if r.contract is type(data)]
    event = Event(
        id=new_id(),
        source="/certificates",
        type=data.type,
        topic="evt.certificate.issued.x.33.07.82",
        subject=new_id(),
        time=world.clock(),
        entityversion=1,
        position=1,
        sequence=1,
        data=data,
    )
    await world.do(reaction.handle_all, [(event, None)])


def issued(kind: str, *, case: UUID | None = None, index: int | None = None) -> CertificateIssued:
    return CertificateIssued(
        certificate=new_id(),
        kind=kind,
        party=CHILD,
        issuer="health-commission",
        state="normal",
        issued_on=date(2026, 3, 2),
        case=case,
        index=index,
    )


def filed(kind: str, *, case: UUID | None = None, index: int | None = None) -> RecordFiled:
    return RecordFiled(
        record=new_id(),
        kind=kind,
        party=CHILD,
        issuer="public-security",
        as_of=date(2026, 3, 2),
        case=case,
        index=index,
    )


async def fire(world: World) -> int:
    async with world.database.transaction() as conn:
        return await fire_due(conn, deadlines(world.office), at=world.clock())


class TestEvidence:
    async def test_a_certificate_wakes_and_concludes(self, world: World) -> None:
        birth, registration, *_ = await world.open()
        await world.accept(birth.id)
        await world.grant(birth.id)
        await deliver(world, issued(CERTIFICATE, case=birth.id, index=0))
        assert await world.states(birth.application) == [
            State.CONCLUDED,
            State.RECEIVED,
            State.WAITING,
            State.WAITING,
        ]
        assert (await world.case(registration.id)).received_at == world.clock()

    async def test_a_record_that_a_department_filed_by_itself_wakes_too(self, world: World) -> None:
        opened = await world.open()
        await deliver(world, filed(PAGE))
        assert (await world.case(opened[2].id)).state is State.RECEIVED

    async def test_results_may_come_in_any_order(self, world: World) -> None:
        _, registration, *_ = await world.open()
        await deliver(world, issued(CERTIFICATE))
        await world.accept(registration.id, by=POLICE)
        claims = {0: {"number": "1", "birth-date": "2026-02-27"}}
        await world.grant(registration.id, by=POLICE, claims=claims)
        await deliver(world, filed("household-registration", case=registration.id, index=1))
        await deliver(world, issued(PAGE, case=registration.id, index=0))
        assert (await world.case(registration.id)).state is State.CONCLUDED


class TestDeadlines:
    @pytest.fixture(autouse=True)
    async def calendar_is_settled(self, world: World) -> None:
        """The recount that loading the calendar asked for is done."""
        assert await fire(world) == 1

    async def test_silence_accepts_and_then_falls_overdue(self, world: World) -> None:
        birth, *_ = await world.open()
        world.later(days=7)
        assert await fire(world) == 0
        world.later(days=1)
        assert await fire(world) == 1
        assert (await world.case(birth.id)).state is State.ACCEPTED
        # Accepted as of the receipt, so that its promised day has passed already.
        assert await fire(world) == 1
        assert await world.events(birth.id) == ["case.received", "case.accepted", "case.overdue"]
        assert await fire(world) == 0

    async def test_a_loaded_year_is_counted_again(self, world: World) -> None:
        async with world.database.transaction() as conn:
            await load_year(
                conn, 2027, holidays=HOLIDAYS, makeup_workdays={}, source_doc=SOURCE, by="ops:ops", at=world.clock()
            )
        assert set(await world.timers(RECOUNT_SUBJECT)) == {RECOUNT}
        assert await fire(world) == 1
        assert await world.timers(RECOUNT_SUBJECT) == {}

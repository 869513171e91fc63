"""What filing does about decided cases: delivered once, twice, at once, or not as decided."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.filing.subscribers import filing_reactions
from shared.contracts.events import CaseDecided
from shared.contracts.yields import CaseYield
from shared.ids import new_id
from shared.messaging.envelope import Event
from shared.messaging.reaction import Poison, Retry
from tests.records.world import CHILD, HOUSEHOLD, PAGE, World, a_decided_case, a_yield
from tests.support.clock import START
from tests.support.decisions import announced


def decided(case: CaseYield, **changes: Any) -> Event[CaseDecided]:
    """The event of this decision; `changes` replace its data."""
    return Event(
        id=new_id(),
        source="/licensing",
        type=CaseDecided.type,
        topic="evt.case.decided.household-registration.33.07.82",
        subject=case.case,
        time=START,
        entityversion=4,
        position=1,
        sequence=1,
        data=announced(case, **changes),
    )


async def deliver(world: World, event: Event[CaseDecided]) -> None:
    (reaction,) = filing_reactions(world.service.licensing, clock=world.service.clock)
    assert reaction.prepare is not None
    prepared = await reaction.prepare(event)
    async with world.service.database.transaction() as conn:
        await reaction.handle(conn, event, prepared)


def known(world: World, case: CaseYield) -> CaseYield:
    world.neighbours.cases[case.case] = case
    return case


async def test_the_records_of_a_decision_are_filed_and_its_certificates_are_left_to_others(world: World) -> None:
    case = known(world, a_decided_case())
    await deliver(world, decided(case))
    (row,) = await world.rows("SELECT * FROM records")
    assert (row["kind"], row["party"], row["region"], row["issuer"]) == (HOUSEHOLD, CHILD, "330782", "public-security")
    assert row["claims"] == {"household-address": "义乌市某路1号"}
    (event,) = await world.events()
    assert event["topic"] == "evt.record.filed.household-registration.33.07.82"
    assert (event["data"]["case"], event["data"]["index"]) == (str(case.case), 1)


async def test_a_redelivery_files_nothing_more(world: World) -> None:
    case = known(world, a_decided_case())
    for _ in range(3):
        await deliver(world, decided(case))
    assert len(await world.rows("SELECT id FROM records")) == len(await world.events()) == 1


async def test_deliveries_at_once_file_one(world: World) -> None:
    case = known(world, a_decided_case())
    await asyncio.gather(*(deliver(world, decided(case)) for _ in range(8)))
    assert len(await world.rows("SELECT id FROM records")) == len(await world.events()) == 1


async def test_each_yield_is_filed_for_itself(world: World) -> None:
    case = known(world, a_decided_case(a_yield(index=0), a_yield(index=1, party=UUID(int=9)), a_yield(index=2)))
    await deliver(world, decided(case))
    assert [row["index"] for row in await world.rows('SELECT "index" FROM records ORDER BY 1')] == [0, 1, 2]


async def test_a_decision_that_yields_no_record_is_not_even_fetched(world: World) -> None:
    case = a_decided_case(a_yield(index=0, type="certificate", kind=PAGE))
    await deliver(world, decided(case))
    assert await world.is_untouched()


async def test_a_record_that_a_case_yielded_can_be_corrected_by_its_department(world: World) -> None:
    await deliver(world, decided(known(world, a_decided_case())))
    (row,) = await world.rows("SELECT id FROM records")
    answer = await world.correct(row["id"], by="public-security", claims={"household-address": "义乌市某路2号"})
    assert (answer.status_code, answer.json()["version"]) == (201, 2)


class TestNotAsDecided:
    async def test_while_licensing_does_not_answer_it_is_tried_again(self, world: World) -> None:
        event = decided(known(world, a_decided_case()))
        world.neighbours.silent.add("licensing")
        with pytest.raises(Retry):
            await deliver(world, event)
        world.neighbours.silent.discard("licensing")
        await deliver(world, event)
        assert len(await world.rows("SELECT id FROM records")) == 1

    async def test_another_digest_than_announced_needs_a_person(self, world: World) -> None:
        case = known(world, a_decided_case())
        with pytest.raises(Poison):
            await deliver(world, decided(case, digest="sha256:0"))
        assert await world.is_untouched()

    async def test_yields_that_their_digest_does_not_cover_need_a_person(self, world: World) -> None:
        case = a_decided_case()
        forged = case.model_copy(update={"yields": (a_yield(claims={"household-address": "别处"}),)})
        known(world, forged)
        with pytest.raises(Poison):
            await deliver(world, decided(case))

    @pytest.mark.parametrize("changes", [{"department": "tax"}, {"case": uuid4()}])
    async def test_the_yield_of_another_decision_needs_a_person(self, world: World, changes: dict[str, Any]) -> None:
        case = a_decided_case()
        world.neighbours.cases[case.case] = case.model_copy(update=changes)
        with pytest.raises(Poison):
            await deliver(world, decided(case))

    async def test_a_case_that_licensing_does_not_know_needs_a_person(self, world: World) -> None:
        with pytest.raises(Poison):
            await deliver(world, decided(a_decided_case()))

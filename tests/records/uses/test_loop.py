"""Whoever used what no longer holds is told once, in whichever order use and change are heard of."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from records.uses.subscribers import use_reactions
from shared.contracts.events import EvidenceUsed
from shared.messaging.envelope import Event
from tests.records.uses.events import (
    CARD,
    CARDS,
    CASE,
    CERTIFICATE,
    CORRECTION,
    ENROLMENT,
    INSURANCE,
    OTHER_CASE,
    RECORD,
    REFERENCE,
    SUCCESSOR,
    corrected,
    expired,
    read,
    reinstated,
    revoked,
    used,
    withheld,
)
from tests.records.uses.hearing import hear, reinstatement, revocation, told
from tests.records.world import World
from tests.support.statements import statements_of


async def test_every_department_that_used_a_certificate_hears_of_its_revocation(world: World) -> None:
    await hear(world, used(CERTIFICATE), used(CERTIFICATE, case=OTHER_CASE, department=CARDS, item=CARD))
    await hear(world, read(CERTIFICATE))
    assert await told(world) == []
    await hear(world, revoked())
    assert await told(world) == [
        revocation(CARDS, OTHER_CASE),
        revocation(INSURANCE, CASE),
        revocation(INSURANCE, REFERENCE),
    ]


async def test_the_notice_says_which_evidence_and_what_it_was_used_for(world: World) -> None:
    await hear(world, used(CERTIFICATE), revoked())
    (row,) = await world.events("evidence.%")
    assert row["subject"] == CERTIFICATE
    assert (row["data"]["item"], row["data"]["purpose"], row["data"]["ground"]) == (ENROLMENT, "case", "fraud")


async def test_a_use_that_is_heard_of_after_the_revocation_is_told_at_once(world: World) -> None:
    await hear(world, revoked())
    assert await told(world) == []
    await hear(world, used(CERTIFICATE, RECORD))
    assert await told(world) == [revocation(INSURANCE, CASE)]


HEARD: dict[str, Event[Any]] = {"used": used(CERTIFICATE), "read": read(CERTIFICATE, ref=CASE), "revoked": revoked()}


@pytest.mark.parametrize("order", list(permutations(HEARD)), ids="-".join)
@pytest.mark.parametrize("together", [True, False])
async def test_in_every_order_there_is_one_notice_for_a_case(
    world: World, order: Sequence[str], together: bool
) -> None:
    for batch in [order] if together else [[name] for name in order]:
        await hear(world, *(HEARD[name] for name in batch))
    assert await told(world) == [revocation(INSURANCE, CASE)]


async def test_what_is_heard_again_is_not_told_again(world: World) -> None:
    await hear(world, used(CERTIFICATE), revoked())
    await hear(world, revoked(), used(CERTIFICATE), read(CERTIFICATE, ref=CASE, purpose="case"), revoked())
    assert await told(world) == [revocation(INSURANCE, CASE)]


async def test_of_a_withholding_and_its_end_one_hears_both(world: World) -> None:
    await hear(world, used(CERTIFICATE), withheld(2))
    await hear(world, reinstated(3))
    assert await told(world) == [revocation(INSURANCE, CASE, "withheld"), reinstatement(INSURANCE, CASE)]


async def test_a_second_withholding_and_a_revocation_are_told_again(world: World) -> None:
    await hear(world, used(CERTIFICATE), withheld(2), reinstated(3), withheld(4), revoked(5))
    assert [change for *_, change, _ in await told(world)] == ["withheld", "reinstated", "withheld", "revoked"]


async def test_who_uses_it_only_after_it_was_given_back_hears_nothing(world: World) -> None:
    await hear(world, withheld(2), reinstated(3), used(CERTIFICATE))
    assert await told(world) == []
    await hear(world, revoked(4))
    assert await told(world) == [revocation(INSURANCE, CASE)]


async def test_an_older_change_than_is_known_changes_nothing(world: World) -> None:
    await hear(world, reinstated(3), used(CERTIFICATE))
    await hear(world, withheld(2))
    assert await told(world) == []


async def test_the_users_of_a_corrected_record_hear_what_is_right_instead(world: World) -> None:
    await hear(world, used(RECORD), used(CORRECTION, case=OTHER_CASE), corrected())
    (row,) = await world.events("evidence.%")
    assert (row["data"]["case"], row["data"]["successor"]) == (str(CASE), str(CORRECTION))


async def test_the_users_of_a_changed_certificate_hear_what_is_right_instead(world: World) -> None:
    await hear(world, used(CERTIFICATE), withheld(2), reinstated(3), expired(4, operation="change"))
    assert (await told(world))[2:] == [revocation(INSURANCE, CASE, "corrected")]
    assert (await world.events("evidence.%"))[-1]["data"]["successor"] == str(SUCCESSOR)


@pytest.mark.parametrize("operation", [None, "renewal", "replacement"])
async def test_of_a_renewal_and_of_an_end_that_was_known_nobody_hears(world: World, operation: str | None) -> None:
    await hear(world, used(CERTIFICATE), expired(operation=operation))
    assert await told(world) == []


async def test_evidence_that_nobody_used_is_told_to_nobody(world: World) -> None:
    await hear(world, used(RECORD), revoked())
    assert await told(world) == []


async def test_a_change_costs_three_statements_and_a_batch_of_uses_two_however_many_they_are(world: World) -> None:
    await hear(world, *(used(CERTIFICATE, case=UUID(int=1000 + number)) for number in range(200)))
    with statements_of(world.service.database) as statements:
        await hear(world, revoked())
        await hear(world, used(*(UUID(int=2000 + number) for number in range(200))))
        many = [(used(CERTIFICATE, case=UUID(int=3000 + number)), None) for number in range(100)]
        (projection,) = [each for each in use_reactions(clock=world.service.clock) if each.contract is EvidenceUsed]
        async with world.service.database.transaction() as conn:
            await projection.handle_all(conn, many)
    # The change, whom to tell and their notices; uses of what holds; late uses and their notices.
    assert len(statements) == 3 + 1 + 2
    assert len(await told(world)) == 300

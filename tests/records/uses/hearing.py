"""Events as the subscriber of uses hears them, and what it tells departments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from records.uses.subscribers import use_reactions
from shared.messaging.envelope import Event
from tests.records.world import World

Told = tuple[str, str, str, UUID]


async def hear(world: World, *events: Event[Any]) -> None:
    """As the subscriber does: these events one after the other, in one transaction."""
    reactions = {reaction.contract: reaction for reaction in use_reactions(clock=world.service.clock)}
    async with world.service.database.transaction() as conn:
        for event in events:
            await reactions[type(event.data)].handle_all(conn, [(event, None)])


async def told(world: World) -> list[Told]:
    """Who was told what, about which case: in the order of telling."""
    return [
        (row["topic"], row["type"], row["data"].get("change", "reinstated"), UUID(row["data"]["case"]))
        for row in await world.events("evidence.%")
    ]


def revocation(department: str, case: UUID, change: str = "revoked") -> Told:
    return f"to.{department}.evidence.used-revoked", "evidence.used-revoked.v1", change, case


def reinstatement(department: str, case: UUID) -> Told:
    return f"to.{department}.evidence.used-reinstated", "evidence.used-reinstated.v1", "reinstated", case


async def hear_of_many(world: World, events: Sequence[Event[Any]]) -> None:
    """Many of one kind at once, as they come when there are many."""
    reactions = {reaction.contract: reaction for reaction in use_reactions(clock=world.service.clock)}
    async with world.service.database.transaction() as conn:
        await reactions[type(events[0].data)].handle_all(conn, [(event, None) for event in events])

"""`data.accessed`, of every source: the parties concerned can see it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from records.accesses.commands import note_accesses
from records.accesses.rules import accesses_of
from shared.contracts.events import DataAccessed
from shared.messaging.envelope import Event
from shared.messaging.reaction import AnyReaction, Projection


def access_reactions() -> list[AnyReaction]:
    """For the subscriber that notes accesses."""
    return [Projection(DataAccessed, on_data_accessed)]


async def on_data_accessed(conn: AsyncConnection, events: Sequence[Event[DataAccessed]]) -> None:
    """Each party finds its part in `GET /v1/accesses`."""
    await note_accesses(conn, [access for event in events for access in accesses_of(event)])

"""A case was decided elsewhere: the records that it yields are filed."""

from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing.commands import file_yields
from shared.clock import Clock
from shared.contracts.yields import CaseYield
from shared.http import ServiceClient
from shared.messaging.reaction import AnyReaction
from shared.yields import yields_reaction


def filing_reactions(licensing: ServiceClient, *, clock: Clock) -> list[AnyReaction]:
    """For the subscriber that files."""

    async def file(conn: AsyncConnection, decided: CaseYield) -> None:
        await file_yields(conn, decided, at=clock())

    return [yields_reaction(licensing, file, type="record")]

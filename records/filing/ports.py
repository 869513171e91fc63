"""What filing needs of identity: where a party lives."""

from typing import Protocol
from uuid import UUID

from shared.http import ServiceClient


class PartyRegions(Protocol):
    """Where a party is registered; None for one that nobody knows."""

    async def region_of(self, party: UUID) -> str | None: ...


class IdentityRegions:
    """Asks identity."""

    def __init__(self, identity: ServiceClient) -> None:
        self._identity = identity

    async def region_of(self, party: UUID) -> str | None:
        """The party's home region. Raises Unavailable while identity does not answer."""
        regions = await self._identity.post("/internal/parties/regions", {"parties": [str(party)]})
        region: str | None = regions.get(str(party))
        return region

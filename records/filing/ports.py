"""What filing needs of other services: where a party lives (identity), and what a decided case yields (licensing)."""

from typing import Protocol
from uuid import UUID

from shared.contracts.yields import CaseYield
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


class CaseYields(Protocol):
    """The frozen result of a case."""

    async def yield_of(self, case: UUID) -> CaseYield: ...


class LicensingYields:
    """Asks licensing."""

    def __init__(self, licensing: ServiceClient) -> None:
        self._licensing = licensing

    async def yield_of(self, case: UUID) -> CaseYield:
        """Raises Unavailable, or Refused, while there is none to be had."""
        return CaseYield.model_validate(await self._licensing.get(f"/internal/cases/{case}/yield"))

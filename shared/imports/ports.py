"""What loading needs of identity: where parties live."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Protocol
from uuid import UUID

from shared.http import ServiceClient

ASKED_AT_ONCE = 500


class PartyRegions(Protocol):
    """Where parties are registered; unknown ones are left out."""

    async def regions_of(self, parties: Iterable[UUID]) -> Mapping[UUID, str]: ...


class IdentityRegions:
    """Asks identity."""

    def __init__(self, identity: ServiceClient) -> None:
        self._identity = identity

    async def regions_of(self, parties: Iterable[UUID]) -> Mapping[UUID, str]:
        """The home regions of those that exist. Raises Unavailable while identity does not answer."""
        found: dict[UUID, str] = {}
        left = iter(dict.fromkeys(parties))
        while asked := [str(party) for party in islice(left, ASKED_AT_ONCE)]:
            answer = await self._identity.post("/internal/parties/regions", {"parties": asked})
            found.update({UUID(party): region for party, region in answer.items()})
        return found

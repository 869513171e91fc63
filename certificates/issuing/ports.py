"""The number of a holder, which only identity has: something to seal over it, and the number itself for a page."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from shared.contracts.numbers import NumberSeal, NumberSealsOf, PrintedNumber, PrintNumber
from shared.errors import Unavailable
from shared.http import ServiceClient

Seals = Mapping[UUID, NumberSeal]
_SEALS = TypeAdapter(dict[UUID, NumberSeal])


class Numbers(Protocol):
    """Identity, as far as numbers on certificates are concerned."""

    async def seals(self, parties: Sequence[UUID]) -> Seals:
        """For each of these parties that has a number, what a certificate can be sealed over.

        Refuses (Unavailable, Refused) where identity does not answer, or does not want to.
        """
        ...

    async def printed(self, asked: PrintNumber) -> PrintedNumber:
        """The number. Refuses as `seals`; identity refuses whoever is neither holder nor acts for them."""
        ...


class IdentityNumbers:
    """Identity, by HTTP."""

    def __init__(self, identity: ServiceClient) -> None:
        self._identity = identity

    async def seals(self, parties: Sequence[UUID]) -> Seals:
        asked = NumberSealsOf(parties=list(parties)).model_dump(mode="json")
        try:
            return _SEALS.validate_python(await self._identity.post("/internal/numbers/seals", asked))
        except ValidationError:
            raise Unavailable(service="identity", retry_after=1) from None

    async def printed(self, asked: PrintNumber) -> PrintedNumber:
        answer = await self._identity.post("/internal/numbers/printing", asked.model_dump(mode="json"))
        try:
            return PrintedNumber.model_validate(answer)
        except ValidationError:
            # Its text would repeat the number.
            raise Unavailable(service="identity", retry_after=1) from None

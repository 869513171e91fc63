"""Releases in memory. A release never changes, so each is read and parsed once; only which is current can change."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.catalogue import queries
from licensing.catalogue.errors import CatalogueNotPublished, ThingNotFound, ThingNotOfferedInRegion
from licensing.catalogue.load import parse
from licensing.catalogue.model import Catalogue
from licensing.planning.model import ThingDefinition

CURRENT_FOR_SECONDS = 1.0


@dataclass(frozen=True)
class Release:
    """One published catalogue, with its number."""

    number: int
    digest: str
    catalogue: Catalogue

    def definition(self, thing: str, *, region: str | None = None) -> ThingDefinition:
        """The thing for planning. Refuses one that the catalogue does not have, or does not offer in the region."""
        if thing not in self.catalogue.things:
            raise ThingNotFound(thing=thing)
        if region is not None and not self.catalogue.is_offered(thing, region=region):
            raise ThingNotOfferedInRegion(thing=thing, region=region)
        return self.catalogue.definition(thing)


class Releases:
    """The releases of this process. Another process's publication is seen within a second, its own at once."""

    def __init__(self, *, timer: Callable[[], float] = monotonic) -> None:
        self._timer = timer
        self._parsed: dict[int, Release] = {}
        self._current: Release | None = None
        self._checked = 0.0

    async def current(self, conn: AsyncConnection) -> Release:
        """The newest release. Refuses with 503 before the first is published."""
        if self._current is None or self._timer() - self._checked > CURRENT_FOR_SECONDS:
            number = await queries.find_current_number(conn)
            if number is None:
                raise CatalogueNotPublished
            self._current = await self.get(conn, number)
            self._checked = self._timer()
        return self._current

    async def get(self, conn: AsyncConnection, number: int) -> Release:
        """The release that a draft or a case was made under."""
        if number not in self._parsed:
            stored = await queries.get_release(conn, number)
            catalogue, findings = parse(stored.content)
            if findings:
                raise RuntimeError(f"release {number} of the catalogue can no longer be read: {findings[0].cause}")
            self._parsed[number] = Release(stored.number, stored.digest, catalogue)
        return self._parsed[number]

    def forget_current(self) -> None:
        """Ask the database again next time; called after a publication has committed."""
        self._current = None

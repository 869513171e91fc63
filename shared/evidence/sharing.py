"""The sharing rules in memory: pulled from licensing at start, on `thing.published`, and every minute."""

from contextlib import AbstractAsyncContextManager

from shared.contracts.sharing import SharingRules
from shared.evidence.errors import SharingRulesNotLoaded
from shared.evidence.rules import SharingTable
from shared.freshness import kept_fresh
from shared.http import ServiceClient

POLL_SECONDS = 60.0


class SharingPolicy:
    """What may be shared now. Denies everything until the rules were loaded once."""

    def __init__(self, licensing: ServiceClient) -> None:
        self._licensing = licensing
        self._table: SharingTable | None = None

    @property
    def table(self) -> SharingTable:
        """The rules in force; SharingRulesNotLoaded (503) before the first load."""
        if self._table is None:
            raise SharingRulesNotLoaded(retry_after=1)
        return self._table

    async def refresh(self) -> None:
        """The newest release that licensing has. An older answer (from a lagging replica) changes nothing."""
        answer = await self._licensing.get("/internal/sharing-rules")
        # Licensing may be newer than we are: what it has added since is not for us.
        table = SharingTable(SharingRules.model_validate(answer, extra="ignore"))
        if self._table is None or table.release >= self._table.release:
            self._table = table

    @property
    def release(self) -> int | None:
        """Of which release the rules are; None before the first load."""
        return self._table.release if self._table else None

    async def current(self) -> SharingTable:
        """The same, for the feed's policy."""
        return self.table

    async def readiness(self) -> str | None:
        """None once the rules are loaded."""
        return None if self._table else "sharing rules not loaded"

    def kept_fresh(self) -> AbstractAsyncContextManager[None]:
        """Load now and again while the service runs, so that a lost event delays a rule by a minute at most."""
        return kept_fresh("sharing-rules", self.refresh, seconds=POLL_SECONDS)

"""The sharing rules in memory: pulled from licensing at start, on `thing.published`, and every minute."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from shared.background import running
from shared.cancellation import going_on
from shared.contracts.sharing import SharingRules
from shared.errors import Unavailable
from shared.evidence.errors import SharingRulesNotLoaded
from shared.evidence.rules import SharingTable
from shared.http import Refused, ServiceClient

POLL_SECONDS = 60.0
RETRY_SECONDS = 1.0
log = structlog.get_logger(__name__)


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

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncGenerator[None]:
        """Load now and again while the service runs, so that a lost event delays a rule by a minute at most."""
        async with running({"sharing-rules": self._keep_fresh}):
            yield

    async def _keep_fresh(self) -> None:
        while going_on():
            try:
                await self.refresh()
            except (Unavailable, Refused, ValueError) as error:
                log.warning("sharing rules not refreshed", error=type(error).__name__)
            await asyncio.sleep(POLL_SECONDS if self._table else RETRY_SECONDS)

"""One upload: read, judged and loaded batch by batch, with no more in memory than one batch."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from shared.auth import Caller, TokenVerifier
from shared.clock import Clock, legal_date
from shared.contracts.sharing import NamedDepartment
from shared.database import Database
from shared.evidence.sharing import SharingPolicy
from shared.imports.commands import Accepted, Act, Loader, load_batch
from shared.imports.errors import TooManyImports
from shared.imports.lines import Batch, batches
from shared.imports.model import MAX_UPLOAD_BYTES, UPLOADS_AT_ONCE, UPLOADS_OF_ONE, Rejection
from shared.imports.ports import PartyRegions
from shared.imports.rules import Judge, Judged
from shared.schemas import Text

# Lines judged before others of this process get their turn.
JUDGED_AT_ONCE = 100


@dataclass
class ImportDoor:
    """What the routes need of their service: found there as `service.imports`."""

    loader: Loader[Any]
    policy: SharingPolicy
    parties: PartyRegions
    zone: str
    loading: Counter[str] = field(default_factory=Counter)

    @property
    def at_work(self) -> int:
        """How many uploads are under way."""
        return self.loading.total()

    def named(self, department: str) -> NamedDepartment:
        """What the department is called; its code where the catalogue does not say."""
        known = self.policy.table.published.departments
        nobody = NamedDepartment(code=department, name=Text(zh=department, en=department))
        return next((each for each in known if each.code == department), nobody)

    @contextmanager
    def room(self, department: str) -> Generator[None]:
        """One more upload of this department at once. Refuses (TooManyImports) beyond what fits in memory, or beyond
        its share of that: nobody waits in line.
        """
        if self.at_work >= UPLOADS_AT_ONCE or self.loading[department] >= UPLOADS_OF_ONE:
            raise TooManyImports(retry_after=10)
        self.loading[department] += 1
        try:
            yield
        finally:
            self.loading[department] -= 1


@dataclass(frozen=True, slots=True)
class Upload:
    """Who sends, and with what it is judged and kept."""

    door: ImportDoor
    database: Database
    verifier: TokenVerifier
    clock: Clock
    caller: Caller
    act: Act

    async def take(self, chunks: AsyncIterable[bytes], *, first: int) -> None:
        """Every line is decided, or the upload breaks off and every line before the import's `next_line` is.

        Refuses (NotAuthenticated) to go on for whoever was revoked meanwhile.
        """
        async for batch in batches(chunks, first=first, max_bytes=MAX_UPLOAD_BYTES):
            self.verifier.check_not_revoked(self.caller)
            await self._load(batch)

    async def _load(self, batch: Batch) -> None:
        by = replace(self.act, at=self.clock())
        judged = await self._judge(batch, by=by)
        rows = [each for each in judged if isinstance(each, Judged)]
        regions = await self.door.parties.regions_of(each.row.party for each in rows)
        known = [
            Accepted(each.line, each.row, each.kind, regions[each.row.party])
            for each in rows
            if each.row.party in regions
        ]
        strangers = [
            Rejection(each.line, "party-not-known", "/party") for each in rows if each.row.party not in regions
        ]
        faults = [each for each in judged if isinstance(each, Rejection)]
        async with self.database.transaction() as conn:
            await load_batch(
                conn, self.door.loader, known, [*faults, *strangers], first=batch.first, end=batch.end, by=by
            )

    async def _judge(self, batch: Batch, *, by: Act) -> list[Judged[Any] | Rejection]:
        loader = self.door.loader
        today = legal_date(by.at, self.door.zone)
        vocabulary = self.door.policy.table.vocabulary
        judge = Judge(loader.evidence_type, loader.row, loader.check, vocabulary, by.issuer, today)
        judged: list[Judged[Any] | Rejection] = []
        for start in range(0, len(batch.lines), JUDGED_AT_ONCE):
            judged += map(judge, batch.lines[start : start + JUDGED_AT_ONCE])
            await asyncio.sleep(0)
        return judged

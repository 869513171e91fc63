"""What drafting and submitting need of the rest of the service: the catalogue, the sources, the calendar, keys."""

from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from uuid import UUID

from licensing.calendar.queries import known_days
from licensing.calendar.rules import Deadline, KnownDays, add_working_days
from licensing.catalogue.releases import Release, Releases
from licensing.ports import EvidenceSource
from shared.contracts.representation import RepresentationStatement
from shared.database import Database
from shared.jose import Keys, SigningKey
from shared.representation import open_representation

_DAYS_AHEAD = 120
_KNOWN_FOR_SECONDS = 60.0


class Ahead:
    """The working days ahead of today, kept for a minute: a draft's promise is an estimate, and drafts are many."""

    def __init__(self) -> None:
        self._known: KnownDays = {}
        self._first: date | None = None
        self._read_at = 0.0

    async def deadline(self, database: Database, today: date, days: int) -> Deadline:
        """The `days`-th working day after today."""
        if self._first != today or monotonic() - self._read_at > _KNOWN_FOR_SECONDS:
            async with database.read() as conn:
                self._known = await known_days(conn, first=today, days=_DAYS_AHEAD)
            self._first, self._read_at = today, monotonic()
        return add_working_days(today, days, known=self._known)


@dataclass(frozen=True)
class Desk:
    """One for each process. `identity_keys` are those of identity, which states whom an applicant may act for."""

    database: Database
    releases: Releases
    source: EvidenceSource
    grant_key: SigningKey
    identity_keys: Keys
    issuer: str
    zone: str
    ahead: Ahead = field(default_factory=Ahead)

    async def current_release(self) -> Release:
        """The newest release of the catalogue; without a connection while it was looked up just now."""
        release = self.releases.fresh()
        if release is None:
            async with self.database.read() as conn:
                release = await self.releases.current(conn)
        return release

    async def trusted(self, statement: str, *, party: UUID, at: datetime) -> RepresentationStatement:
        """Whom the party may act for; refuses what identity did not sign, just now, about them."""
        return await open_representation(statement, of=party, keys=self.identity_keys, issuer=self.issuer, at=at)

"""What a request of licensing may need: the catalogue, the sources of evidence, the key of grants, the office."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends

from licensing.applications.commands import Desk, case_ended
from licensing.applications.ports import ListenedNews
from licensing.cases.commands import Office
from licensing.catalogue.errors import CatalogueNotPublished
from licensing.catalogue.releases import Releases
from licensing.ports import EvidenceSource, HttpEvidence
from licensing.settings import LicensingSettings
from shared.evidence.rules import SharingTable
from shared.jose import SigningKey
from shared.messaging.runtime import MessagingRuntime
from shared.web import Service, service_of


@dataclass
class LicensingService(Service):
    """Here, and only here, cases learn who wants to know that they have ended."""

    settings: LicensingSettings
    source: EvidenceSource | None = None
    releases: Releases = field(init=False)
    grant_key: SigningKey = field(init=False)
    office: Office = field(init=False)
    desk: Desk = field(init=False)
    news: ListenedNews = field(init=False)
    messaging: MessagingRuntime = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        settings = self.settings
        self.releases = Releases()
        self.grant_key = settings.grant_key()
        self.office = Office(zone=settings.zone, case_ended=case_ended)
        self.source = self.source or HttpEvidence(
            certificates=self.neighbour("certificates"), records=self.neighbour("records")
        )
        self.desk = Desk(
            database=self.database,
            releases=self.releases,
            source=self.source,
            grant_key=self.grant_key,
            identity_keys=self.identity_keys,
            issuer=settings.issuer,
            zone=settings.zone,
        )
        self.news = ListenedNews(self.database)
        self.messaging = MessagingRuntime(self.name, self.database, settings)

    async def sharing(self) -> SharingTable:
        """The sharing rules of the release in force, for the feed's policy."""
        async with self.database.read() as conn:
            return (await self.releases.current(conn)).sharing

    async def catalogue_readiness(self) -> str | None:
        """Nothing can be applied for before the first release."""
        async with self.database.read() as conn:
            try:
                await self.releases.current(conn)
            except CatalogueNotPublished:
                return "no catalogue was published yet"
        return None


Current = Annotated[LicensingService, Depends(service_of)]

"""What a request of this service may need: the database, the catalogue, the neighbours, and the door to evidence."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends

from records.evidence.queries import records_source
from records.filing.errors import CatalogueNotLoaded
from records.filing.ports import IdentityRegions, PartyRegions
from records.filing.rules import FilingRules
from records.imports.commands import records_loader
from records.settings import RecordsSettings
from shared.evidence.api import EvidenceDoor
from shared.evidence.errors import SharingRulesNotLoaded
from shared.evidence.grants import GrantVerifier
from shared.evidence.sharing import SharingPolicy
from shared.http import ServiceClient
from shared.imports import ports
from shared.imports.upload import ImportDoor
from shared.messaging.runtime import MessagingRuntime
from shared.web import Service, service_of


@dataclass
class RecordsService(Service):
    """Records, records as evidence, and accesses."""

    settings: RecordsSettings
    regions: PartyRegions = field(init=False)
    licensing: ServiceClient = field(init=False)
    evidence: EvidenceDoor = field(init=False)
    imports: ImportDoor = field(init=False)
    messaging: MessagingRuntime = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.regions = IdentityRegions(self.neighbour("identity"))
        self.licensing = self.neighbour("licensing")
        self.evidence = EvidenceDoor(
            source=records_source(self.settings.zone),
            policy=SharingPolicy(self.licensing),
            grants=GrantVerifier({"licensing": self.keys_of("licensing"), "identity": self.identity_keys}),
        )
        self.imports = ImportDoor(
            loader=records_loader(),
            policy=self.evidence.policy,
            parties=ports.IdentityRegions(self.neighbour("identity")),
            zone=self.settings.zone,
        )
        self.messaging = MessagingRuntime(self.name, self.database, self.settings)
        self._rules: FilingRules | None = None

    @property
    def filing_rules(self) -> FilingRules:
        """The kinds and the vocabulary of the release in force. Refuses (CatalogueNotLoaded) before the first load."""
        try:
            published = self.evidence.policy.table.published
        except SharingRulesNotLoaded:
            raise CatalogueNotLoaded(retry_after=1) from None
        if self._rules is None or self._rules.release != published.release:
            self._rules = FilingRules(published)
        return self._rules


Current = Annotated[RecordsService, Depends(service_of)]

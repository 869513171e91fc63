"""What a request of this service may need: the database, the vault, the keys, and the outside parties."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends

from identity.bus.door import BusDoor
from identity.federation.exchange import Federation
from identity.federation.providers import load_providers
from identity.identification.ports import CodeSender, HttpCodeSender, LogCodeSender
from identity.parties.ports import Grants, SignedGrants
from identity.settings import IdentitySettings
from identity.subscriptions.consumers import Keeper
from identity.subscriptions.queries import consumers_of
from identity.tokens.keyring import KeyRing
from identity.tokens.queries import list_revocations
from identity.tokens.rules import REVOCATIONS_TOLD_FOR
from identity.vault import Vault
from shared.auth import Revocations
from shared.errors import CannotStart
from shared.evidence.sharing import SharingPolicy
from shared.messaging.runtime import MessagingRuntime
from shared.web import Service, service_of


@dataclass
class IdentityService(Service):
    """Identity verifies tokens by its own keys, read from its own database."""

    settings: IdentitySettings
    sender: CodeSender | None = None
    vault: Vault = field(init=False)
    keyring: KeyRing = field(init=False)
    grants: Grants = field(init=False)
    sharing: SharingPolicy = field(init=False)
    messaging: MessagingRuntime = field(init=False)
    subscriptions: Keeper = field(init=False)
    door: BusDoor = field(init=False)
    federation: Federation = field(init=False)

    def __post_init__(self) -> None:
        self.vault = self.settings.vault()
        self.keyring = KeyRing(lambda: self.database, self.vault, self.clock)
        self.keys = self.keys or self.keyring
        super().__post_init__()
        # Also where no worker runs: a subscription's consumer is made, and looked at, by whoever is asked.
        self.messaging = MessagingRuntime(self.name, self.database, self.settings, connected=True)
        self.door = BusDoor(self.settings, self.database, self.verifier, consumers_of, self.clock)
        self.grants = SignedGrants(self.keys_of("licensing"))
        # The tokens with which it asks are its own: it asks itself, in whichever of its processes answers.
        self.sharing = SharingPolicy(self.neighbour("licensing"))
        self.subscriptions = Keeper(self.database, self.messaging.bus, self.sharing)
        self.federation = self._federation()

    @property
    def code_sender(self) -> CodeSender:
        """Delivers one-time codes: the one given, the one configured, or (embedded only) the log."""
        url = self.settings.code_sender_url
        return self.sender or (HttpCodeSender(self.http, url) if url else LogCodeSender())

    async def close(self) -> None:
        await self.federation.close()
        await super().close()

    def _federation(self) -> Federation:
        told = self.settings
        providers = load_providers(told.oidc_providers_file, embedded=told.profile == "embedded")
        found = Federation(providers, self.vault, self.clock, zone=told.zone, max_age_years=told.max_age_years)
        if told.officer_sign_in_scopes and not found.signs_in("officers"):
            raise CannotStart("ONEVISIT_OFFICER_SIGN_IN_SCOPES needs a provider that signs in officers")
        return found

    async def revocations(self) -> Revocations:
        """The same as the others are told, from its own database."""
        async with self.database.read() as conn:
            return await list_revocations(conn, since=self.clock() - REVOCATIONS_TOLD_FOR)


Current = Annotated[IdentityService, Depends(service_of)]

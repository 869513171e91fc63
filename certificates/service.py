"""What a request of this service may need: the database, the seals, and the door to evidence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from fastapi import Depends

from certificates.credentials.rules import NonceKey
from certificates.delivery.ports import Courier, HttpCourier, NullCourier
from certificates.documents.commands import Press
from certificates.documents.errors import NoTimestamps
from certificates.documents.ports import HttpTimestamps, OwnTimestamps, TimestampAuthority
from certificates.documents.typesetting import Typesetter
from certificates.evidence.queries import certificates_source
from certificates.imports.commands import certificates_loader
from certificates.issuing.ports import IdentityNumbers, Numbers
from certificates.sealing.directory import read_secret
from certificates.sealing.ports import Signer, SoftwareSigner
from certificates.sealing.rotation import RotatingSigner
from certificates.settings import CertificatesSettings
from certificates.status.commands import StatusLists
from certificates.verification.trust import Believed
from shared.contracts.sharing import SharingRules
from shared.evidence.api import EvidenceDoor
from shared.evidence.grants import GrantVerifier
from shared.evidence.sharing import SharingPolicy
from shared.http import ServiceClient
from shared.imports.ports import IdentityRegions
from shared.imports.upload import ImportDoor
from shared.messaging.runtime import MessagingRuntime
from shared.web import Service, service_of


@dataclass
class CertificatesService(Service):
    """Certificates, their seals and documents, and certificates as evidence."""

    settings: CertificatesSettings
    seals: Signer | None = None
    signer: Signer = field(init=False)
    licensing: ServiceClient = field(init=False)
    numbers: Numbers = field(init=False)
    evidence: EvidenceDoor = field(init=False)
    press: Press = field(init=False)
    imports: ImportDoor = field(init=False)
    messaging: MessagingRuntime = field(init=False)
    status_lists: StatusLists = field(init=False)
    courier: Courier | None = None
    nonces: NonceKey = field(init=False)
    believed: Believed = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.signer = self.seals or signer_of(self.settings)
        self.licensing = self.neighbour("licensing")
        self.numbers = IdentityNumbers(self.neighbour("identity"))
        self.evidence = EvidenceDoor(
            source=certificates_source(self.settings.zone),
            policy=SharingPolicy(self.licensing),
            grants=GrantVerifier({"licensing": self.keys_of("licensing"), "identity": self.identity_keys}),
        )
        self.imports = ImportDoor(
            loader=certificates_loader(self.settings.zone),
            policy=self.evidence.policy,
            parties=IdentityRegions(self.neighbour("identity")),
            zone=self.settings.zone,
        )
        self.messaging = MessagingRuntime("certificates", self.database, self.settings)
        self.status_lists = StatusLists(self.database, signer=self.signer, platform=self.platform, clock=self.clock)
        self.nonces = NonceKey.derived_from(self.messaging.cursor_key.secret)
        self.courier = self.courier or self._courier()
        self.press = Press(
            database=self.database,
            signer=self.signer,
            typesetter=Typesetter.of(self.settings.font_directory),
            timestamps=self._timestamps(),
            numbers=self.numbers,
            catalogue=self.catalogue,
            verify=f"{self.platform}/verify",
            zone=self.settings.zone,
            clock=self.clock,
        )
        self.believed = Believed(
            self.signer, platform=self.platform, zone=self.settings.zone, anchors=self.press.timestamps.anchors
        )

    @property
    def platform(self) -> str:
        """The platform's public address, with which the names of what it publishes begin."""
        return self.settings.issuer.rstrip("/")

    def catalogue(self) -> SharingRules:
        """What the catalogue says now. Refuses (SharingRulesNotLoaded) before it was heard of once."""
        return self.evidence.policy.table.published

    def _courier(self) -> Courier | None:
        url, token = self.settings.courier_url, self.settings.courier_token_file
        if url is not None and token is not None:
            return HttpCourier(self.http, url, token=read_secret(token).decode())
        return NullCourier(delivers=True) if self.settings.profile == "embedded" else None

    def _timestamps(self) -> TimestampAuthority:
        url, chain = self.settings.timestamp_url, self.settings.timestamp_chain_file
        if url is not None:
            return HttpTimestamps.from_chain(self.http, url, chain)
        if self.settings.profile != "embedded" and not self.settings.own_timestamps:
            raise NoTimestamps("set ONEVISIT_TIMESTAMP_URL, or ONEVISIT_OWN_TIMESTAMPS=true for the platform's own")
        return OwnTimestamps(self.signer, self.clock)


def signer_of(settings: CertificatesSettings) -> Signer:
    """Signs with the keys that the settings name, and goes over to new ones when it is refreshed.

    Refuses (UnsafeSealKey) keys that are not safe to use.
    """
    read = _in_files(settings) if settings.seal_pkcs11_module is None else _in_token(settings)
    return RotatingSigner(settings.seal_directory, read)


def _in_files(settings: CertificatesSettings) -> Callable[[], Signer]:
    secret, real = settings.seal_passphrase_file, settings.profile != "embedded"
    return partial(
        SoftwareSigner.from_directory,
        settings.seal_directory,
        private=real,
        passphrase=None if secret is None else read_secret(secret),
        encrypted=real and not settings.seal_keys_plain,
    )


def _in_token(settings: CertificatesSettings) -> Callable[[], Signer]:
    # Its library comes with an extra, and is needed by nobody else.
    from certificates.sealing.hsm import Pkcs11Signer, Token  # noqa: PLC0415

    module, label, pin = settings.seal_pkcs11_module, settings.seal_pkcs11_token, settings.seal_pkcs11_pin_file
    assert module is not None
    assert label is not None
    assert pin is not None
    token = Token(module, label, pin=read_secret(pin))
    return partial(Pkcs11Signer.from_directory, settings.seal_directory, token)


Current = Annotated[CertificatesService, Depends(service_of)]

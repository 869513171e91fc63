"""What runs beside the API: relay and subscribers, the sharing rules kept fresh, and the timers of expiry."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from certificates.issuing.commands import expire_certificate
from certificates.issuing.model import EXPIRY_TIMER
from certificates.issuing.subscribers import issuing_reactions
from certificates.sealing.rotation import followed
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from shared.evidence.subscribers import evidence_reactions
from shared.timers import timer_loop
from shared.web import Part


def parts(settings: CertificatesSettings) -> list[Part]:
    """Seal keys, sharing rules and the feed for every process; relay, subscribers and timers where the worker runs."""
    return [seal_keys, sharing_rules, messaging, *([timers] if "worker" in settings.run else [])]


@asynccontextmanager
async def seal_keys(service: CertificatesService) -> AsyncGenerator[None]:
    """Keys that are rotated or revoked while the service runs."""
    async with followed(service.signer, seconds=service.settings.seal_refresh_seconds):
        yield


@asynccontextmanager
async def sharing_rules(service: CertificatesService) -> AsyncGenerator[None]:
    """Evidence is read by the rules of the newest release."""
    async with service.evidence.policy.kept_fresh():
        yield


@asynccontextmanager
async def messaging(service: CertificatesService) -> AsyncGenerator[None]:
    """Cases that are decided become certificates; grants of cases that are over end."""
    issuing = issuing_reactions(
        service.licensing,
        signer=service.signer,
        numbers=service.numbers,
        catalogue=service.catalogue,
        zone=service.settings.zone,
        clock=service.clock,
    )
    service.messaging.subscribe("issuing", issuing)
    service.messaging.subscribe("evidence", evidence_reactions(service.evidence.policy))
    async with service.messaging.running():
        yield


@asynccontextmanager
async def timers(service: CertificatesService) -> AsyncGenerator[None]:
    """A certificate expires when its last day is over."""
    async with timer_loop(service.database, {EXPIRY_TIMER: expire_certificate}, clock=service.clock):
        yield

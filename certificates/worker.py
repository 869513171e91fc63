"""What runs beside the API: relay and subscribers, the sharing rules kept fresh, and the timers of expiry."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial

from certificates.delivery.commands import BATCH, carry_due
from certificates.delivery.ports import Courier
from certificates.issuing.commands import expire_certificate
from certificates.issuing.model import EXPIRY_TIMER
from certificates.issuing.subscribers import issuing_reactions
from certificates.measures import measured
from certificates.sealing.rotation import followed
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from shared.background import running
from shared.cancellation import going_on
from shared.evidence.subscribers import evidence_reactions
from shared.timers import timer_loop
from shared.web import Part

CARRYING_SECONDS = 1.0


def parts(settings: CertificatesSettings) -> list[Part]:
    """Seal keys, sharing rules and the feed for every process; relay, subscribers and timers where the worker runs."""
    return [seal_keys, sharing_rules, messaging, *([timers, carrying, measures] if "worker" in settings.run else [])]


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


def measures(service: CertificatesService) -> AbstractAsyncContextManager[None]:
    """Until when the seals are good, for who runs the platform."""
    return measured(service.settings.seal_directory)


@asynccontextmanager
async def timers(service: CertificatesService) -> AsyncGenerator[None]:
    """A certificate expires when its last day is over."""
    async with timer_loop(service.database, {EXPIRY_TIMER: expire_certificate}, clock=service.clock):
        yield


@asynccontextmanager
async def carrying(service: CertificatesService) -> AsyncGenerator[None]:
    """Paper is given to the courier, and asked after."""
    every, zone = timedelta(seconds=service.settings.courier_seconds), service.settings.zone

    async def carry(courier: Courier) -> None:
        while going_on():
            due = await carry_due(service.database, courier, every=every, zone=zone, clock=service.clock)
            if due < BATCH:
                await asyncio.sleep(CARRYING_SECONDS)

    async with running({"carrying": partial(carry, service.courier)} if service.courier is not None else {}):
        yield

"""What runs beside the API: the sharing rules kept fresh, and the timers by which certificates expire."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from certificates.issuing.commands import expire_certificate
from certificates.issuing.model import EXPIRY_TIMER
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from shared.timers import timer_loop
from shared.web import Part


def parts(settings: CertificatesSettings) -> list[Part]:
    """Sharing rules for every process; timers where the worker runs."""
    return [sharing_rules, timers] if "worker" in settings.run else [sharing_rules]


@asynccontextmanager
async def sharing_rules(service: CertificatesService) -> AsyncGenerator[None]:
    """Evidence is read by the rules of the newest release."""
    async with service.evidence.policy.kept_fresh():
        yield


@asynccontextmanager
async def timers(service: CertificatesService) -> AsyncGenerator[None]:
    """A certificate expires when its last day is over."""
    async with timer_loop(service.database, {EXPIRY_TIMER: expire_certificate}, clock=service.clock):
        yield
